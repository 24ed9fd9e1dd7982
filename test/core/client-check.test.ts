import t from 'tap'
import { type ClientFacts, clientProblems } from '../../lib/core/client-check.ts'

const FIT: ClientFacts = {
  rsync: { version: '3.4.1', lacks: [] },
  rsyncMended: [],
  ssh: 'OpenSSH_9.9p2',
  distribution: ['gentoo'],
}

function names(facts: Partial<ClientFacts>): string[] {
  return clientProblems({ ...FIT, ...facts }).map(({ name, level }) => `${level} ${name}`)
}

const rsync = (version: string): Partial<ClientFacts> => ({ rsync: { version, lacks: [] } })

void t.test('an rsync that lets hosts read this system is told of, with the reason', t => {
  t.strictSame(names({}), [])
  for (const version of ['3.4.0', '3.4', '3.10.2', '4.0', '3.5.0']) t.strictSame(names(rsync(version)), [], version)
  for (const version of ['3.3.0', '3.2.7', '3.1.3']) t.strictSame(names(rsync(version)), ['warn rsync'], version)
  t.strictSame(names(rsync('')), ['refuse rsync', 'warn rsync'], 'whatever it is')
  const [problem] = clientProblems({ ...FIT, ...rsync('3.2.7') })
  t.match(problem, { level: 'warn', mend: 'emerge net-misc/rsync' })
  t.match(problem?.text, /^rsync here is 3\.2\.7: before 3\.4\.0 .* any file .*CVE-2024-12086.*unless the distribution/)
  t.end()
})

void t.test('one that the distribution has mended is not', t => {
  t.strictSame(names({ ...rsync('3.2.7'), rsyncMended: ['CVE-2024-12085', 'CVE-2024-12086'] }), [])
  t.strictSame(names({ ...rsync('3.2.7'), rsyncMended: ['CVE-2024-12085'] }), ['warn rsync'], 'of this fault')
  t.end()
})

void t.test('what is missing, or too old for what it is to do', t => {
  t.strictSame(names({ rsync: null }), ['refuse rsync'])
  t.strictSame(names({ ssh: null }), ['refuse ssh'])
  t.strictSame(names(rsync('3.0.9')), ['refuse rsync', 'warn rsync'])
  t.strictSame(names({ rsync: { version: '3.4.1', lacks: ['ACLs'] } }), ['refuse rsync'])
  t.end()
})

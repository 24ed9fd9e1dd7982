import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { PROJECT } from '../lab/place.ts'
import { ebuilds } from '../lab/repo.ts'
import { installed, lastRun, ofType, startLab } from './support.ts'

/** What a builder does wrong, and the name of the refusal. Most are ways of test/hooks/falsify.py. */
const KINDS: Record<string, string> = {
  'use-flipped': 'USE',
  'built-without': 'USE',
  'other-slot': 'slot',
  'other-sub-slot': 'sub-slot',
  'other-repository': 'repository',
  'other-package': 'package',
  'other-ebuild': 'ebuild',
  'other-chost': 'CHOST',
  'other-cflags': 'CFLAGS',
  'other-march': 'CFLAGS',
  configured: 'configured CFLAGS',
  'other-rdepend': 'RDEPEND',
  unbound: 'slot operator',
  'other-binding': 'binding',
  'newer-libc': 'libc',
  'missing-library': 'REQUIRES',
  'other-iuse': 'IUSE',
  'no-environment': 'environment',
  'odd-metadata': 'metadata',
  outside: 'image',
  'through-link': 'image',
  device: 'image',
  'extra-member': 'container',
  truncated: 'integrity',
  checksum: 'checksum',
  path: 'path',
}

const NAMES = Object.keys(KINDS)

/** From now on the builder gives back packages that are wrong. */
async function corrupt(builder: LabHost): Promise<void> {
  const directory = '/usr/lib/python3/dist-packages'
  for (const file of ['hooks/falsify.py', 'emerge/builder/spoil_builder.py']) {
    const name = file.replace(/.*\//, '')
    await builder.write(`${directory}/${name}`, await readFile(join(PROJECT, 'test', file), 'utf8'))
  }
  await builder.write(`${directory}/spoil.pth`, 'import spoil_builder\n')
}

t.test('a builder gives back what was not planned', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await corrupt(lab.host('farm-a'))
  await client.must(['sh', '-c', 'echo BINPKG_COMPRESS=bzip2 >>/etc/portage/make.conf'])
  await ebuilds(client, {
    'app-toy/lib-1': { slot: '0/7' },
    ...Object.fromEntries(
      NAMES.map(kind => [
        `app-toy/bad-${kind}-1`,
        { iuse: '+fast slow', depend: 'app-toy/lib:=', rdepend: 'app-toy/lib:=' },
      ]),
    ),
  })

  await t.test('each is refused by its name, and built here', async t => {
    await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    jobs: 2\n')
    const argv = ['emerge', '--oneshot', '--jobs=2', ...NAMES.map(kind => `app-toy/bad-${kind}`)]
    const { code, all } = await client.run(argv, { timeout: 1800 })
    t.equal(code, 0, all)
    const events = await lastRun(client)
    const failures = ofType(events, 'attempt-failed')
    const committed = ofType(events, 'committed')
    for (const kind of NAMES) {
      const id = `app-toy/bad-${kind}-1::gentoo`
      const found = failures.filter(event => event.package === id)
      t.strictSame(
        found.map(({ host, fault, reason }) => [host, fault, reason.slice(0, reason.indexOf(':'))]),
        [['farm-a', 'mismatch', KINDS[kind]]],
        `${kind}: ${found.map(each => each.reason).join()}`,
      )
      t.strictSame(
        committed.filter(event => event.package === id),
        [],
        `${kind}: nothing that a host made of it`,
      )
      t.ok(
        ofType(events, 'home-started').some(event => event.package === id),
        `${kind}: built here`,
      )
      const reason = found[0]?.reason ?? 'none'
      t.ok(all.includes(reason), `the user reads: ${reason}`)
    }
  })

  await t.test('nothing of the wrong ones is here', async t => {
    const honest = [...NAMES.map(kind => `app-toy/bad-${kind}-1`), 'app-toy/lib-1'].sort()
    t.strictSame(await installed(client), honest)
    const packages = await client.must([
      'sh',
      '-c',
      'cd /var/cache/binpkgs && find . -type f -name "*.gpkg.tar" | sort',
    ])
    t.strictSame(packages.trim().split('\n'), ['./app-toy/lib/lib-1-1.gpkg.tar'])
    for (const path of ['/etc/evil', '/evil', '/away']) t.notOk(await client.exists(path), path)
    const facts = await client.must([
      'sh',
      '-c',
      'cd /var/db/pkg/app-toy && for d in bad-*; do echo $(cat $d/SLOT $d/repository $d/RDEPEND $d/CFLAGS $d/CHOST); done',
    ])
    t.equal(new Set(facts.trim().split('\n')).size, 1, facts)
    t.match(facts, /^0 gentoo app-toy\/lib:0\/7= -O2 -pipe \S+\n/)
    for (const kind of NAMES) {
      t.match(await client.read(`/usr/share/toy/bad-${kind}-1`), /^app-toy\/bad-\S+:0 .*\bfast\b/, kind)
    }
  })

  await t.test('where there is another host, that one builds it', async t => {
    // farm-b has to copy this system first, so farm-a is asked before it.
    await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n  - ssh: farm-b\n')
    await client.must(['emerge', '--oneshot', 'app-toy/bad-use-flipped'])
    const events = await lastRun(client)
    t.strictSame(
      ofType(events, 'attempt-failed').map(({ host, fault }) => [host, fault]),
      [['farm-a', 'mismatch']],
    )
    t.strictSame(
      ofType(events, 'committed').map(event => event.host),
      ['farm-b'],
    )
    t.match(await client.read('/usr/share/toy/bad-use-flipped-1'), /\bfast\b/)
  })
})

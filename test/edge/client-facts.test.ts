/** What this system talks to hosts with, from real programs and from such that say something else. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { clientProblems } from '../../lib/core/client-check.ts'
import { clientFacts } from '../../lib/edge/client-facts.ts'
import { standIn } from './host/support.ts'

const OLD = `cat <<'END'
rsync  version 3.2.7  protocol version 31
Capabilities:
    64-bit files, hardlinks, symlinks, IPv6, atimes, no ACLs, xattrs
END`

void t.test('what is here', async t => {
  const { rsync, ssh, distribution } = await clientFacts()
  t.match(rsync, { version: /^\d+\.\d+/, lacks: [] })
  t.match(ssh, /^OpenSSH_/)
  t.ok(distribution.length > 0)
})

void t.test('an old rsync, and what its distribution says of it', async t => {
  standIn(t, 'rsync', OLD)
  const changes = join(t.testdir({}), 'changelog.gz')
  const facts = await clientFacts(changes)
  t.match(facts.rsync, { version: '3.2.7', lacks: ['ACLs'] })
  t.match(clientProblems(facts).at(-1), { level: 'warn', text: /CVE-2024-12086/ })
  writeFileSync(changes, gzipSync('  * Fix several faults:\n    - CVE-2024-12085, CVE-2024-12086\n'))
  const mended = await clientFacts(changes)
  t.strictSame(mended.rsyncMended, ['CVE-2024-12085', 'CVE-2024-12086'])
  t.notMatch(clientProblems(mended), [{ level: 'warn' }])
  writeFileSync(changes, 'no gzip')
  t.strictSame((await clientFacts(changes)).rsyncMended, [])
})

void t.test('neither is installed', async t => {
  const before = process.env['PATH']
  process.env['PATH'] = t.testdir({})
  t.teardown(() => {
    process.env['PATH'] = before
  })
  t.match(await clientFacts(), { rsync: null, ssh: null })
})

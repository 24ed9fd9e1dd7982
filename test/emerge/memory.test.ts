import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, lastRun, leftovers, ofType, startLab } from './support.ts'

/** From now on a host's logins have so much memory together, in bytes: a cgroup of this machine, old or new. */
function limitMemory(t: Test, host: LabHost, bytes: number): void {
  const old = '/sys/fs/cgroup/memory'
  const isOld = existsSync(join(old, 'memory.limit_in_bytes'))
  const group = join(isOld ? old : '/sys/fs/cgroup', `lab-memory-${process.pid}`)
  mkdirSync(group)
  writeFileSync(join(group, isOld ? 'memory.limit_in_bytes' : 'memory.max'), String(bytes))
  // What is started later inherits it; those that listen for logins are children of the host's first process.
  const children = execFileSync('pgrep', ['-P', String(host.pid)], { encoding: 'utf8' })
    .trim()
    .split('\n')
  for (const pid of [String(host.pid), ...children]) writeFileSync(join(group, 'cgroup.procs'), pid)
  t.teardown(async () => {
    await host.stop()
    while (readFileSync(join(group, 'cgroup.procs'), 'utf8') !== '')
      await new Promise(resolve => setTimeout(resolve, 50))
    rmdirSync(group)
  })
}

t.test('memory runs out on a host: another one builds, and no package is blamed', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await client.write(FARM_YAML, "hosts:\n  - ssh: farm-a\n    prefer: ['*/*']\n  - ssh: farm-b\n")
  limitMemory(t, lab.host('farm-a'), 256 * 2 ** 20)
  const body = "src_compile() { python3 -c 'x = bytearray(500_000_000)' || die; }"
  // Both hosts are ready when it is to be built: who is ready first gets the one before it.
  await ebuilds(client, { 'app-toy/first-1': { seconds: 5 }, 'app-toy/big-1': { depend: 'app-toy/first', body } })
  const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/big'])
  t.equal(code, 0, all)
  const events = await lastRun(client)
  const reason = /^memory ran out there while app-toy\/big-1 was built/
  t.match(ofType(events, 'attempt-failed'), [{ host: 'farm-a', fault: 'host', reason }])
  t.equal(builtOn(events, 'app-toy/big-1'), 'farm-b')
  for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
})

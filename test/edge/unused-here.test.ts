/** What the farm left on this system: directories of old runs, and of processes that were killed. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import t from 'tap'
import { claimRun, identity } from '../../lib/edge/earlier-runs.ts'
import { makeRuntime, orphanedRuntimes, removeRuntime } from '../../lib/edge/runtime.ts'
import { cleanHere } from '../../lib/edge/unused-here.ts'

const DAY = 24 * 3600 * 1000
const names = (removed: { name: string }[]): string[] =>
  removed.map(({ name }) => name).filter(each => /^runs/.test(each))

void t.test('runs go by age and size, but for the newest and those that go on', async t => {
  const state = t.testdir({})
  const runs = ['20260101-000000-a', '20260102-000000-b', '20260103-000000-c', '20260104-000000-d']
  for (const run of runs) {
    mkdirSync(join(state, 'runs', run, 'logs'), { recursive: true })
    writeFileSync(join(state, 'runs', run, 'logs/x.log'), Buffer.alloc(1 << 20, 'x'))
  }
  claimRun(state, '20260101-000000-a')
  const keep = { days: 60, bytes: 2 ** 40 }
  t.strictSame(names(await cleanHere(state, keep, false, Date.now() + 59 * DAY)), [])
  const small = { days: 60, bytes: 3 << 20 }
  t.strictSame(names(await cleanHere(state, small, true)), ['runs/20260102-000000-b', 'runs/20260103-000000-c'])
  t.equal(readdirSync(join(state, 'runs')).length, 4, 'it was only asked')
  t.strictSame(names(await cleanHere(state, { ...small, bytes: (3 << 20) + 70_000 }, false)), [
    'runs/20260102-000000-b',
  ])
  t.strictSame(names(await cleanHere(state, keep, false, Date.now() + 61 * DAY)), ['runs/20260103-000000-c'])
  t.strictSame(readdirSync(join(state, 'runs')), ['20260101-000000-a', '20260104-000000-d'])
})

void t.test('the private directory of a process that was killed', async t => {
  const mine = await makeRuntime()
  const made: string[] = [mine]
  const make = (owner: string | null, mode?: number): string => {
    const directory = mkdtempSync(join(tmpdir(), 'pf-'))
    if (owner !== null) writeFileSync(join(directory, 'owner'), owner, { mode: mode ?? 0o644 })
    made.push(directory)
    return directory
  }
  t.teardown(async () => {
    await Promise.all(made.map(removeRuntime))
  })
  const child = spawn('sleep', ['60'])
  const living = make(identity(child.pid ?? 0))
  const dead = make('4194305 1')
  const other = make(null)
  const found = await orphanedRuntimes()
  t.ok(found.includes(dead))
  for (const each of [mine, living, other]) t.notOk(found.includes(each), each)
  child.kill('SIGKILL')
  await new Promise(resolve => child.once('close', resolve))
  const state = t.testdir({})
  const removed = await cleanHere(state, { days: 1, bytes: 0 }, false)
  for (const each of [living, dead]) {
    t.ok(removed.some(({ name }) => name === basename(each)))
    t.notOk(existsSync(each))
  }
  for (const each of [mine, other]) t.ok(existsSync(each))
})

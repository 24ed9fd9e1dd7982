/** What the farm left on this system: directories of old runs, and of processes that were killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import t from 'tap'
import { claimRun, identity } from '../../lib/edge/earlier-runs.ts'
import { projectFile } from '../../lib/edge/project.ts'
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

/** What an emerge does that has packages for itself alone; then it waits. Says where that is, or why it has none. */
async function privateDirectory(state: string): Promise<{ process: ChildProcess; said: string }> {
  const program = `
import sys
sys.path.insert(0, sys.argv[1])
from portage_farm import private
try:
    print(private.directory("unsigned", sys.argv[2]), flush=True)
except OSError as error:
    print(error, flush=True)
sys.stdin.read()
`
  const process = spawn('python3', ['-I', '-c', program, projectFile('hooks'), state], { stdio: 'pipe' })
  let said = ''
  for await (const chunk of process.stdout) {
    said += String(chunk)
    if (said.endsWith('\n')) break
  }
  return { process, said: said.trim() }
}

void t.test('what an emerge had for itself alone', async t => {
  const state = join(t.testdir({}), 'state')
  const ends = async (process: ChildProcess): Promise<void> => {
    await new Promise(resolve => process.once('close', resolve))
  }
  const [ending, killed] = [await privateDirectory(state), await privateDirectory(state)]
  t.teardown(() => {
    for (const { process } of [ending, killed]) process.kill('SIGKILL')
  })
  for (const { said } of [ending, killed]) {
    t.equal(statSync(said).mode & 0o777, 0o700, said)
    writeFileSync(join(said, 'package.xpak'), 'x')
  }
  const clean = async (): Promise<string[]> =>
    (await cleanHere(state, { days: 1, bytes: 0 }, false)).map(({ name }) => name).filter(each => /unsigned/.test(each))
  t.strictSame(await clean(), [], 'both are at work')
  ending.process.stdin?.end()
  await ends(ending.process)
  t.notOk(existsSync(ending.said), 'who comes to an end leaves nothing')
  killed.process.kill('SIGKILL')
  await ends(killed.process)
  t.ok(existsSync(join(killed.said, 'package.xpak')))
  t.strictSame(await clean(), [`unsigned/${basename(killed.said)}`])
  t.strictSame(readdirSync(join(state, 'unsigned')), [])
})

void t.test('nothing is kept where others decide what there is', async t => {
  const open = t.testdir({ state: { unsigned: {} } })
  for (const directory of ['state/unsigned', 'state']) {
    chmodSync(join(open, directory), 0o777)
    const { process, said } = await privateDirectory(join(open, 'state'))
    process.kill('SIGKILL')
    t.match(said, `others may write to ${join(open, directory)}: it must belong to root`)
    t.strictSame(readdirSync(join(open, 'state/unsigned')), [])
  }
})

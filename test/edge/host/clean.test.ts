/** What a host keeps for clients, and how it goes: by a real agent, over real directories (hooks/agent/farm_clean.py). */
import { spawn, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import type { Removed } from '../../../lib/core/keep.ts'
import { agentCommand, AgentClient, agentSource } from '../../../lib/edge/host/agent.ts'
import { removedOf } from '../../../lib/edge/host/answers.ts'
import { LocalConnection } from '../../../lib/edge/host/local.ts'
import { hostConfig } from './support.ts'

const GIB = 2 ** 30

/** The farm's directory of a host, with a connection of a client's run to it. */
async function host(t: Test): Promise<{ dir: string; ask: (op: string, body?: object) => Promise<unknown> }> {
  const dir = t.testdir({})
  const source = await agentSource()
  const process_ = new LocalConnection(hostConfig({ ssh: null })).open(agentCommand(source))
  const agent = new AgentClient(source, process_.stdin, process_.stdout, () => undefined)
  const ask = async (op: string, body: object = {}): Promise<unknown> => agent.ask(op, body).answer
  await ask('hello', { dir, client: 'me', run: 'r', boot: source.boot, linger: 0, again: false })
  t.teardown(async () => {
    await ask('leave')
    agent.close('done')
    await process_
  })
  return { dir, ask }
}

const ago = (days: number): Date => new Date(Date.now() - days * 24 * 3600 * 1000)

/** Puts a file there that was last used so many days ago. */
function put(path: string, days: number, size = 10): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, Buffer.alloc(size, 'x'))
  utimesSync(path, ago(days), new Date('2001-01-01'))
}

/** A client that was last here so many days ago, with a copy of its root. */
function putClient(dir: string, name: string, days: number): string {
  const client = join(dir, 'clients', name)
  put(join(client, 'root-1/etc/file'), 1)
  for (const each of ['runs', 'distfiles']) mkdirSync(join(client, each))
  for (const each of ['root-1.lock', 'root-1.complete']) writeFileSync(join(client, each), '')
  for (const each of ['root-1.lock', 'root-1.complete', 'runs', 'distfiles', '.'])
    utimesSync(join(client, each), ago(days), ago(days))
  return client
}

const namesOf = (answer: unknown): string[] => removedOf(answer).removed.map(({ name }: Removed) => name)

void t.test('sources go when no build wanted them for so long', async t => {
  const { dir, ask } = await host(t)
  const distfiles = join(dir, 'clients/me/distfiles')
  put(join(distfiles, 'old.tar'), 70)
  put(join(distfiles, 'young.tar'), 50)
  put(join(distfiles, 'wanted.tar'), 70)
  put(join(distfiles, 'git3-src/old.git/pack'), 70)
  utimesSync(join(distfiles, 'git3-src/old.git'), ago(70), ago(70))
  utimesSync(join(distfiles, 'git3-src'), ago(70), ago(70))
  put(join(distfiles, 'live/young.git/pack'), 2)
  t.strictSame(await ask('distfiles', { files: [['wanted.tar', 10]] }), { missing: [] })
  t.equal(statSync(join(distfiles, 'wanted.tar')).mtimeMs, Date.parse('2001-01-01'), 'it is the same file to rsync')
  const words = { days: 60, bytes: 20 * GIB }
  const gone = ['distfiles/git3-src', 'distfiles/old.tar']
  t.strictSame(namesOf(await ask('clean', { ...words, pretend: true })).sort(), gone)
  t.equal(readdirSync(distfiles).length, 5, 'it was only asked')
  t.strictSame(namesOf(await ask('clean', { ...words, pretend: false })).sort(), gone)
  t.strictSame(readdirSync(distfiles).sort(), ['live', 'wanted.tar', 'young.tar'])
})

void t.test('beyond so many bytes the longest unused go, but nothing of this day', async t => {
  const { dir, ask } = await host(t)
  const distfiles = join(dir, 'clients/me/distfiles')
  for (const [name, days] of [
    ['a', 9],
    ['b', 7],
    ['c', 8],
    ['d', 0],
  ] as const)
    put(join(distfiles, name), days, 1 << 20)
  const clean = async (bytes: number): Promise<string[]> =>
    namesOf(await ask('clean', { days: 60, bytes, pretend: false }))
  t.strictSame(await clean(5 << 20), [])
  t.strictSame(await clean(2 << 20), ['distfiles/a', 'distfiles/c'])
  t.strictSame(await clean(0), ['distfiles/b'])
  t.strictSame(readdirSync(distfiles), ['d'])
})

void t.test('a client that comes no more goes with all that it had; one that lives does not', async t => {
  const { dir, ask } = await host(t)
  const [old, young, held, running] = [
    putClient(dir, 'old', 70),
    putClient(dir, 'young', 50),
    putClient(dir, 'held', 70),
    putClient(dir, 'running', 70),
  ]
  // What somebody who was killed had begun to remove.
  mkdirSync(join(dir, 'clients/.gone-x-1/root-1'), { recursive: true })
  const script =
    'import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_SH); print("held", flush=True); sys.stdin.read()'
  const holder = spawn('python3', ['-c', script, join(held, 'root-1.lock')], { stdio: ['pipe', 'pipe', 'inherit'] })
  await new Promise(resolve => holder.stdout.once('data', resolve))
  // A keeper is this process: its number, and when it started.
  const fields = execFileSync('cat', [`/proc/${process.pid}/stat`], { encoding: 'utf8' })
  const started = fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  mkdirSync(join(running, 'runs/r'))
  writeFileSync(join(running, 'runs/r/keeper'), `${process.pid} ${started}`)
  for (const each of ['runs', '.']) utimesSync(join(running, each), ago(70), ago(70))

  const words = { days: 60, bytes: GIB }
  const would = removedOf(await ask('clean', { ...words, pretend: true })).removed
  t.match(would, [{ name: 'old', days: 70 }])
  t.ok((would[0]?.bytes ?? 0) >= 4096)
  t.ok(existsSync(old))
  t.strictSame(namesOf(await ask('clean', { ...words, pretend: false })), ['old'])
  t.strictSame(readdirSync(join(dir, 'clients')).sort(), ['held', 'me', 'running', 'young'])
  t.ok(existsSync(join(young, 'root-1/etc/file')))
  holder.stdin.end()
  await new Promise(resolve => holder.once('close', resolve))
  t.strictSame(namesOf(await ask('clean', { ...words, pretend: false })), ['held'], 'when nobody holds it any more')
})

void t.test('what is asked must make sense', async t => {
  const { ask } = await host(t)
  for (const [body, words] of [
    [{ days: -1, bytes: 0, pretend: true }, /its days is wrong/],
    [{ days: 1, bytes: '1', pretend: true }, /its bytes is wrong/],
    [{ days: 1, bytes: 1 }, /lacks pretend/],
  ] as const) {
    await t.rejects(ask('clean', body), { message: words })
  }
})

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { agentSource } from '../../../lib/edge/host/agent.ts'
import { HostLink } from '../../../lib/edge/host/link.ts'
import { hostConfig } from './support.ts'

t.setTimeout(100_000)

interface Linked {
  link: HostLink
  /** What was told of the connection. */
  told: string[]
  /** The run's directory there. */
  run: string
  /** Another link, to a run of this client or of another one. */
  other: (run: string, client?: string) => HostLink
}

/** A link to this machine, without ssh, that has joined a run. */
async function linked(t: Test): Promise<Linked> {
  const dir = t.testdir({})
  const runtime = mkdtempSync(join(tmpdir(), 'pf-'))
  const source = await agentSource()
  const told: string[] = []
  const open = (run: string, client = 'c'): HostLink => {
    const context = {
      ...{ run, client, hostname: 'here', machine: 'x86_64', connectTimeout: 30, runtime, source },
      ...{ stuckAfter: 0, largestPackage: 2 ** 30, linger: 5 },
    }
    const link = new HostLink(hostConfig({ ssh: null, dir }), context, `${client}-${run}`, {
      silent: reason => told.push(`silent: ${reason}`),
      back: () => told.push('back'),
    })
    t.teardown(async () => link.leave())
    return link
  }
  t.teardown(() => {
    rmSync(runtime, { recursive: true })
  })
  const link = open('run-1')
  const { cores } = await link.connect()
  t.ok(cores > 0, 'it says what it has')
  const { run, others } = await link.join()
  t.strictSame(others, [])
  return { link, told, run, other: open }
}

/** Kills, or sends another signal to, this process's children of children whose command line ends with a word. */
function kill(word: string, dir: string, signal: NodeJS.Signals = 'SIGKILL'): void {
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').endsWith(`\0${word}\0`)) continue
      const keeper = readFileSync(join(dir, 'keeper'), 'utf8').split(' ')[0]
      // Of another test's at the same time: not this one's business.
      const isMine = word === 'farm_keeper' ? pid === keeper : parentOf(parentOf(Number(pid))) === process.pid
      if (isMine || parentOf(Number(pid)) === process.pid) process.kill(Number(pid), signal)
    } catch {
      // It has ended.
    }
  }
}

function parentOf(pid: number): number {
  return Number(
    readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[1],
  )
}

void t.test('a connection that is cut is made again, and nobody notices', async t => {
  const { link, told, run } = await linked(t)
  kill('farm_agent', run)
  t.strictSame(await link.ask('jobs'), { jobs: [] })
  t.match(told, [/^silent: /, 'back'])
  await link.leave()
  t.notOk(existsSync(run), 'nothing is left')
})

void t.test('a connection that ends again and again is not made again for ever: the host is lost', async t => {
  const { link, told, run } = await linked(t)
  const lost = link.lost.then(() => true)
  const isLost = async (): Promise<boolean> => Promise.race([lost, sleep(20, false)])
  const backs = (): number => told.filter(each => each === 'back').length
  for (let times = 0; !(await isLost()); times++) {
    while (backs() < times && !(await isLost())) await sleep(20)
    kill('farm_agent', run)
  }
  t.match(await link.lost, /^its connection ends again and again: /)
  t.equal(backs(), 10)
  await t.rejects(link.ask('ping'))
  t.equal(await link.comeBack(), true, 'it may come back, as any that was lost')
})

void t.test('the keeper is killed: the host is lost, and comes back with nothing', async t => {
  const { link, told, run } = await linked(t)
  kill('farm_keeper', run)
  const reason = await link.lost
  t.match(reason, /nothing of the run is left here/)
  t.match(told, [/^silent: /])
  t.notOk(existsSync(run), 'what it kept is removed by who misses it')
  await t.rejects(link.ask('jobs'), { message: reason })
  t.equal(await link.comeBack(), false, 'the run began anew there')
  t.strictSame(await link.ask('jobs'), { jobs: [] })
})

void t.test('the keeper hangs, and new connections are taken there: the host is lost, once', async t => {
  const { link, told, run } = await linked(t)
  const began = performance.now()
  kill('farm_keeper', run, 'SIGSTOP')
  await link.lost
  const seconds = (performance.now() - began) / 1000
  t.ok(seconds < 30, `${seconds} s`)
  t.strictSame(told, ['silent: it was silent for 12 s'])
  kill('farm_keeper', run, 'SIGCONT')
  t.equal(await link.comeBack(), true, 'what it has is there')
})

void t.test('left while it is being joined: nothing stays there', async t => {
  const { other, run } = await linked(t)
  const link = other('run-2')
  await link.connect()
  const joining = link.join().catch(() => null)
  const made = join(run, '../run-2')
  while (!existsSync(made)) await sleep(1)
  await link.leave()
  await joining
  t.ok(existsSync(run), 'of another run it does')
  t.notOk(existsSync(made))
})

void t.test('left while it comes back with nothing: nothing stays there', async t => {
  const { link, run } = await linked(t)
  kill('farm_keeper', run)
  await link.lost
  const back = link.comeBack().catch(() => null)
  while (!existsSync(run)) await sleep(1)
  await link.leave()
  await back
  t.notOk(existsSync(run))
})

void t.test('dropped: it comes back with what it has', async t => {
  const { link, run } = await linked(t)
  await link.drop('it fails what others build')
  t.equal(await link.lost, 'it fails what others build')
  await t.rejects(link.ask('ping'))
  t.equal(await link.comeBack(), true)
  t.ok(existsSync(run))
})

void t.test('detached: another run finds it, and ends it', async t => {
  const { link, run, other } = await linked(t)
  await link.detach()
  await t.rejects(link.ask('ping'))
  t.ok(existsSync(run), 'it goes on')
  const next = other('run-2')
  await next.connect()
  t.strictSame((await next.join()).others, ['run-1'])
  const again = other('run-1')
  await again.find()
  await again.leave()
  t.notOk(existsSync(run))
})

void t.test('looked for and not there: no connection stays, which would keep this process', async t => {
  const { link, run, other } = await linked(t)
  kill('farm_keeper', run)
  await link.lost
  const again = other('run-1')
  await t.rejects(again.find(), { message: /nothing of the run is left here/ })
  await t.rejects(again.ask('ping'), { message: 'the connection ended' })
})

void t.test('dropped while it is not reached: nothing brings it back but coming back', async t => {
  const { link, told, run } = await linked(t)
  kill('farm_agent', run)
  while (told.length === 0) await sleep(5)
  await link.drop('it fails what others build')
  await sleep(1500)
  await t.rejects(link.ask('ping'), { message: 'it fails what others build' })
  t.match(told, [/^silent: /])
  t.equal(await link.comeBack(), true)
})

void t.test('two clients on one host: none sees what the other has there, or ends it', async t => {
  const { link, run, other } = await linked(t)
  const foreign = other('run-1', 'd')
  await foreign.connect()
  const place = await foreign.join()
  t.not(place.run, run, 'a run of the same name has another directory')
  t.strictSame(place.others, [])
  await foreign.ask('clear')
  await foreign.leave()
  t.notOk(existsSync(place.run))
  t.ok(existsSync(run))
  t.strictSame(await link.ask('jobs'), { jobs: [] })
})

void t.test('nobody comes back: it ends by itself', async t => {
  const { link, run } = await linked(t)
  await link.detach()
  for (let waited = 0; waited < 100 && existsSync(run); waited++) await sleep(100)
  t.notOk(existsSync(run), 'after the time that it was told')
})

/** A farm of fakes that a test steps: hosts that come up, build, fail and get lost when they are told to. */
import { setImmediate } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { Test } from 'tap'
import type { FarmEvent, Fault, Happening } from '../../lib/core/event.ts'
import { Experience } from '../../lib/core/history/estimate.ts'
import { UNMEASURED } from '../../lib/core/history/observation.ts'
import type { EmergeMessage, FarmMessage } from '../../lib/core/message.ts'
import type { Plan, PlannedPackage, RootStep } from '../../lib/core/plan.ts'
import type { BuildResult } from '../../lib/edge/host/job.ts'
import type { StoredPackage } from '../../lib/edge/store.ts'
import type { FarmClient, FarmHost, RunParts } from '../../lib/farm/parts.ts'
import { NOTHING_REUSABLE, type Reusable } from '../../lib/core/run/reuse.ts'
import { FarmRun } from '../../lib/farm/run.ts'

interface Build {
  target: PlannedPackage
  cores: number
  /** What was committed when it began. */
  committed: string[]
  aborted: boolean
  end: (result: BuildResult) => void
}

export class FakeHost implements FarmHost {
  readonly name: string
  readonly jobs: number
  readonly queue: PQueue
  /** What an earlier run left there. */
  leftovers: string[] = []
  lost: Promise<string>
  /** How often it was asked to come up, and how often it was left. */
  asked = 0
  left = 0
  /** How often it was left with what it was at work on. */
  detached = 0
  readonly builds = new Map<string, Build>()
  #report: (happening: Happening) => void = () => undefined
  #lose: (reason: string) => void = () => undefined
  #resolve: () => void = () => undefined
  #reject: (error: Error) => void = () => undefined

  constructor(name: string, jobs: number) {
    this.name = name
    this.jobs = jobs
    this.queue = new PQueue({ concurrency: jobs })
    this.lost = this.#losing()
  }

  async comeBack(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    this.lost = this.#losing()
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      signal.addEventListener('abort', () => {
        reject(new Error('the run is over'))
      })
    })
  }

  async drop(reason: string): Promise<void> {
    this.lose(reason)
    return Promise.resolve()
  }

  async #losing(): Promise<string> {
    return new Promise(resolve => {
      this.#lose = resolve
    })
  }

  async bringUp(report: (happening: Happening) => void, signal: AbortSignal): Promise<void> {
    this.asked++
    this.#report = report
    report({ type: 'host-connecting', host: this.name })
    signal.addEventListener('abort', () => {
      this.#reject(new Error('the transfer was ended'))
    })
    return new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  async build(
    target: PlannedPackage,
    committed: ReadonlyMap<string, StoredPackage>,
    cores: number,
    report: (happening: Happening) => void,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const about = { package: target.id, host: this.name }
    report({ type: 'root-chosen', ...about, root: 'r1', installs: [] })
    return new Promise(resolve => {
      const end = (result: BuildResult): void => {
        this.builds.delete(target.id)
        resolve(result)
      }
      const build = { target, cores, committed: [...committed.keys()], aborted: signal.aborted, end }
      this.builds.set(target.id, build)
      signal.addEventListener('abort', () => {
        build.aborted = true
        end(broken('package', 'it was ended'))
      })
    })
  }

  async detach(): Promise<void> {
    this.detached++
    await this.#part()
  }

  async leave(): Promise<void> {
    this.left++
    await this.#part()
  }

  async #part(): Promise<void> {
    this.#reject(new Error('the run is over'))
    this.#lose('the run is over')
    for (const build of this.builds.values()) build.end(broken('host', 'the run is over'))
    return Promise.resolve()
  }

  mirror(): void {
    this.#report({ type: 'mirror-started', host: this.name, generation: '/generation', first: true })
  }

  up(): void {
    this.#resolve()
  }

  refuse(reason: string): void {
    this.#reject(new Error(reason))
  }

  lose(reason: string): void {
    this.#lose(reason)
    for (const build of this.builds.values()) build.end(broken('host', reason))
  }
}

function broken(fault: Fault, reason: string, log: string | null = null): BuildResult {
  return { ok: false, fault, reason, log, elog: log === null ? '' : `said in ${log}` }
}

/** Commits whatever arrives at once, except for what a test wants otherwise. */
class FakeClient implements FarmClient {
  /** By package: what is said to be wrong with it. An Error is thrown. */
  readonly wrong = new Map<string, string | Error>()
  reuse: FarmClient['reuse'] = async (target, path) =>
    Promise.resolve(
      this.wrong.has(target.id) ? { mismatch: 'it was altered' } : { stored: { path, name: path, place: path } },
    )
  adopt: FarmClient['adopt'] = async path => Promise.resolve({ path: `/store${path}`, name: path, place: path })
  readonly #held = new Map<string, () => void>()
  readonly #hold = new Set<string>()

  /** Holds a package's verification until it is let go. */
  hold(id: string): void {
    this.#hold.add(id)
  }

  letGo(id: string): void {
    this.#held.get(id)?.()
  }

  commit: FarmClient['commit'] = async target => {
    if (this.#hold.has(target.id)) {
      await new Promise<void>(resolve => {
        this.#held.set(target.id, resolve)
      })
    }
    const wrong = this.wrong.get(target.id)
    if (wrong instanceof Error) throw wrong
    if (wrong !== undefined) return { mismatch: wrong }
    return { stored: { path: `/store/${target.id}`, name: target.id, place: target.id } }
  }
}

interface FarmOptions {
  /** Names, with the jobs of a host that takes more than one: `big:4 small`. Default `big small`. */
  hosts?: string
  keepGoing?: boolean
  /** Default true. */
  hasEmerge?: boolean
  /** What earlier runs left. Default: nothing. */
  reusable?: Reusable
  /** Who decides. Default: the scheduler. */
  player?: RunParts['player']
  /** Whether what is in PKGDIR can be had from there. Default true. */
  adopts?: boolean
}

/** A run with its fakes, and what it said so far. */
export class FakeFarm {
  readonly run: FarmRun
  readonly hosts: FakeHost[]
  readonly client = new FakeClient()
  readonly events: FarmEvent[] = []
  readonly sent: FarmMessage[] = []
  over = false
  ended: Promise<void> = Promise.resolve()

  constructor(plan: Plan, options: FarmOptions) {
    const { hosts = 'big small', keepGoing = false, hasEmerge = true, adopts = true, player } = options
    if (!adopts) this.client.adopt = async () => Promise.reject(new Error('ENOENT'))
    this.hosts = hosts.split(' ').map(each => {
      const [name = '', jobs = '1'] = each.split(':')
      return new FakeHost(name, Number(jobs))
    })
    this.run = new FarmRun({
      run: 'run-1',
      version: '0.1.0',
      portage: '3.0.70',
      plan,
      keepGoing,
      reusable: options.reusable ?? NOTHING_REUSABLE,
      hosts: this.hosts,
      experience: new Experience([]),
      player,
      client: this.client,
      send: message => this.sent.push(message),
      hasEmerge,
      onEvent: event => this.events.push(event),
    })
  }

  async start(): Promise<void> {
    this.ended = this.run.run().finally(() => {
      this.over = true
    })
    this.ended.catch(() => undefined)
    await this.settle()
  }

  /** Lets everything happen that can happen by itself. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) await setImmediate()
  }

  host(name: string): FakeHost {
    const found = this.hosts.find(each => each.name === name)
    if (!found) throw new Error(`there is no host ${name}`)
    return found
  }

  async up(...names: string[]): Promise<void> {
    for (const name of names) this.host(name).up()
    await this.settle()
  }

  async lose(name: string, reason = 'it went away'): Promise<void> {
    this.host(name).lose(reason)
    await this.settle()
  }

  #buildOf(id: string): Build {
    const found = this.hosts.map(host => host.builds.get(id)).find(build => build !== undefined)
    if (!found) throw new Error(`${id} is not being built; these are: ${this.building.join(', ')}`)
    return found
  }

  target(id: string): { steps: RootStep[]; committed: string[] } {
    const { target, committed } = this.#buildOf(id)
    return { steps: target.steps, committed }
  }

  /** Packages come back whole: `a`, or `a on big` where several hosts are at work on it. */
  async finish(...jobs: string[]): Promise<void> {
    for (const job of jobs) {
      const [id = '', name] = job.split(' on ')
      const arrived = {
        path: `/in/${id}`,
        place: id,
        size: 3,
        sha256: 'abc',
        seconds: 2,
        configured: null,
        usage: UNMEASURED,
      }
      const build = name === undefined ? this.#buildOf(id) : this.host(name).builds.get(id)
      if (!build) throw new Error(`${job} is not so`)
      build.end({ ok: true, arrived, log: `/${id}.log`, elog: `said by ${id}` })
      await this.settle()
    }
  }

  async breakDown(id: string, fault: Fault = 'package', log: string | null = `/${id}.log`): Promise<void> {
    this.#buildOf(id).end(broken(fault, `${id} broke`, log))
    await this.settle()
  }

  async emerge(message: EmergeMessage): Promise<void> {
    this.run.tell(message)
    await this.settle()
  }

  /** `e on big`, in the order of the hosts. */
  get building(): string[] {
    return this.hosts.flatMap(host => [...host.builds.keys()].map(id => `${id} on ${host.name}`))
  }

  /** The messages of a kind that emerge was sent. */
  said<T extends FarmMessage['type']>(type: T): Extract<FarmMessage, { type: T }>[] {
    return this.sent.filter((message): message is Extract<FarmMessage, { type: T }> => message.type === type)
  }

  /** The packages that emerge was told something of. */
  ids(type: 'commit' | 'home' | 'withdraw'): string[] {
    return this.said(type).map(message => message.id)
  }

  happened<T extends FarmEvent['type']>(type: T): Extract<FarmEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<FarmEvent, { type: T }> => event.type === type)
  }
}

/** Starts a run. A test that ends without its end ends it. */
export async function startFarm(t: Test, plan: Plan, options: FarmOptions = {}): Promise<FakeFarm> {
  t.setTimeout(20_000)
  const farm = new FakeFarm(plan, options)
  t.teardown(() => {
    farm.run.stop('the test is over')
  })
  await farm.start()
  return farm
}

/** emerge is done, and so is the run. */
export async function endFarm(t: Test, farm: FakeFarm, code = 0): Promise<void> {
  farm.run.tell({ type: 'end', code })
  await overFarm(t, farm)
}

/** The run ends: every host is left once, the events are numbered, and nothing was told twice. */
export async function overFarm(t: Test, farm: FakeFarm): Promise<void> {
  await t.resolves(farm.ended, 'the run ends')
  for (const host of farm.hosts) t.equal(host.left, 1, `${host.name} is left`)
  t.strictSame(
    farm.events.map(event => event.seq),
    farm.events.map((_, index) => index),
  )
  const told = (['commit', 'home', 'withdraw'] as const).flatMap(type => farm.ids(type).map(id => `${type} ${id}`))
  t.equal(new Set(told).size, told.length, `nothing is told twice: ${told.join(', ')}`)
}

/** A host of the farm as the run sees it: join, take the client's root, show that it can run it, build, leave. */
import type { HostConfig } from '../../core/config.ts'
import { needs32Bit } from '../../core/cpu.ts'
import type { HostFacts } from '../../core/host-facts.ts'
import type { Keep } from '../../core/keep.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import { type Trial, trialSteps } from '../../core/trial.ts'
import type { StoredPackage } from '../store.ts'
import { jobDoneOf } from './answers.ts'
import { Builder, type JoinedHost } from './builder.ts'
import type { BuildContext, BuildEvents, BuildResult, HostContext, JobDone } from './job.ts'
import { Leftover } from './leftover.ts'
import { HostLink, type LinkEvents } from './link.ts'
import { type Generation, Mirror } from './mirror.ts'

export class BuildHost {
  readonly config: HostConfig
  readonly mirror: Mirror
  readonly #context: HostContext
  readonly #name: string
  readonly #link: HostLink
  #facts: HostFacts | null = null
  #joined: JoinedHost | null = null
  #builder: Builder | null = null
  #building: BuildContext | null = null
  #leftovers: Leftover[] = []
  /** To what earlier runs left there. */
  readonly #others: HostLink[] = []
  #hasLeft = false

  constructor(config: HostConfig, context: HostContext, index: number, events: LinkEvents) {
    this.config = config
    this.#context = context
    this.#name = String(index)
    this.#link = new HostLink(config, context, this.#name, events)
    this.mirror = new Mirror(this.#link, context.runtime)
  }

  /** Resolves with the reason when the host cannot be used any more, or not until it has come back. */
  get lost(): Promise<string> {
    return this.#link.lost
  }

  /** Connects, and asks what the host is and can do. Throws an Error that says why it cannot be used. */
  async connect(): Promise<HostFacts> {
    this.#facts = await this.#link.connect()
    return this.#facts
  }

  /** The host is one of the run's: its directory is made there. */
  async join(): Promise<void> {
    const { hostname, machine, runtime, stuckAfter } = this.#context
    if (!this.#facts) throw new Error(`${this.config.name} was not connected`)
    const place = await this.#link.join()
    this.#joined = {
      link: this.#link,
      place,
      lower: this.config.root.provider === 'path' ? this.config.root.path : '',
      hostname,
      is32bit: needs32Bit(this.#facts.machine, machine),
      stuckAfter,
      runtime,
    }
  }

  /** The generation of the client's root that the agent holds for this run. */
  async openMirror(): Promise<Generation> {
    const joined = this.#require()
    const generation = await this.mirror.open()
    this.#joined = { ...joined, lower: generation.path }
    return generation
  }

  /** Runs the client's tool chain in a job root. Returns how it ended; throws an AgentError if none could be made. */
  async tryOut(trial: Trial): Promise<JobDone> {
    const { place, lower, hostname, is32bit, stuckAfter } = this.#require()
    const directory = `${place.run}/roots/trial`
    const job = {
      root: directory,
      lower,
      hostname,
      is32bit,
      stuckAfter,
      // It takes a moment, and whether the host can build at all must not wait for hours.
      slots: null,
      binds: { [trial.tmpdir]: `${directory}/job/tmp` },
      jobservers: {},
      pkgdir: trial.pkgdir,
      log: `${directory}/job/trial.log`,
      output: true,
      packages: {},
      steps: trialSteps(trial).map(step => ({ ...step, pkgdir: `${directory}/job/out` })),
    }
    const done = jobDoneOf(await this.#link.job('trial', {}, job))
    this.#link.ask('remove', { root: 'trial' }).catch(() => undefined)
    return done
  }

  /** From now on it takes builds of this plan. */
  begin(context: BuildContext): void {
    this.#building = context
    this.#builder = new Builder(this.#require(), context)
  }

  /**
   * Takes over what earlier runs left there. Returns the packages that it has or is at work on: to build those is to wait
   * for them. What cannot be taken over is built anew.
   *
   * @param wanted the packages of an earlier run that are of use; null: that run is not over
   */
  async takeOver(wanted: (run: string) => ReadonlySet<string> | null): Promise<string[]> {
    const { place } = this.#require()
    const building = this.#building
    if (!building) throw new Error(`${this.config.name} has no plan`)
    const found = await Promise.all(
      place.others.map(async (run, index) => {
        const those = wanted(run)
        if (those === null || this.#hasLeft) return []
        const link = new HostLink(this.config, { ...this.#context, run }, `${this.#name}-${index}`)
        this.#others.push(link)
        return Leftover.find(link, this.#context.runtime, those, building).catch(() => [])
      }),
    )
    this.#leftovers = found.flat()
    return this.#leftovers.flatMap(each => each.packages)
  }

  /** Removes there what nobody has used for long. Nobody waits for it, and that it cannot be done is no reason to fail. */
  tidy({ days, bytes }: Keep): void {
    this.#link.ask('clean', { days, bytes, pretend: false }).catch(() => undefined)
  }

  /** Tries once to take a host that was lost to builds again, with the copy of the client's root that it has. */
  async comeBack(): Promise<void> {
    if (!this.#building) throw new Error('it was lost before it could build')
    if (await this.#link.comeBack()) await this.#link.ask('clear')
    else if (this.config.root.provider === 'mirror') await this.mirror.reopen()
    this.#builder = new Builder(this.#require(), this.#building)
  }

  /** Builds a package. Expected failures are values. */
  async build(
    target: PlannedPackage,
    committed: ReadonlyMap<string, StoredPackage>,
    cores: number,
    events: BuildEvents,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    if (!this.#builder) throw new Error(`${this.config.name} has no plan`)
    const leftover = this.#leftovers.find(each => each.packages.includes(target.id))
    if (leftover) return leftover.build(target, events, signal)
    return this.#builder.build(target, committed, cores, events, signal)
  }

  /** Ends everything there: jobs, mounts, the run's directory, the connection. */
  async leave(): Promise<void> {
    this.#hasLeft = true
    await Promise.all([this.#link, ...this.#others].map(async each => each.leave()))
  }

  /** It is not to be used any more, until it comes back. */
  async drop(reason: string): Promise<void> {
    await this.#link.drop(reason)
  }

  /** Ends the connection: what runs there goes on, and is kept for a while. */
  async detach(): Promise<void> {
    this.#hasLeft = true
    await Promise.all([this.#link, ...this.#others].map(async each => each.detach()))
  }

  #require(): JoinedHost {
    if (!this.#joined) throw new Error(`${this.config.name} has not joined`)
    return this.#joined
  }
}

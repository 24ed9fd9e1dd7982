/** A host of the farm as the run sees it: join, take the client's root, show that it can run it, build, leave. */
import type { HostConfig } from '../../core/config.ts'
import { needs32Bit } from '../../core/cpu.ts'
import type { HostFacts } from '../../core/host-facts.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import { type Trial, trialSteps } from '../../core/trial.ts'
import type { StoredPackage } from '../store.ts'
import { hostPlaceOf, jobDoneOf } from './answers.ts'
import { Builder, type JoinedHost } from './builder.ts'
import type { BuildContext, BuildEvents, BuildResult, HostContext, JobDone } from './job.ts'
import { HostLink } from './link.ts'
import { type Generation, Mirror } from './mirror.ts'

export class BuildHost {
  readonly config: HostConfig
  /** Resolves with the reason when the host cannot be used any more. */
  readonly lost: Promise<string>
  readonly mirror: Mirror
  readonly #context: HostContext
  readonly #link: HostLink
  #facts: HostFacts | null = null
  #joined: JoinedHost | null = null
  #builder: Builder | null = null

  constructor(config: HostConfig, context: HostContext, index: number) {
    this.config = config
    this.#context = context
    this.#link = new HostLink(config, context, index)
    this.lost = this.#link.lost
    this.mirror = new Mirror(this.#link, context.runtime)
  }

  /** Connects, and asks what the host is and can do. Throws an Error that says why it cannot be used. */
  async connect(): Promise<HostFacts> {
    this.#facts = await this.#link.connect()
    return this.#facts
  }

  /** The host is one of the run's: its directory is made there. */
  async join(): Promise<void> {
    const { dir } = this.config
    const { client, run, source, hostname, machine, runtime } = this.#context
    if (!this.#facts) throw new Error(`${this.config.name} was not connected`)
    const place = hostPlaceOf(await this.#link.ask('hello', { dir, client, run, boot: source.boot }))
    this.#joined = {
      link: this.#link,
      place,
      lower: this.config.root.provider === 'path' ? this.config.root.path : '',
      hostname,
      is32bit: needs32Bit(this.#facts.machine, machine),
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
    const { place, lower, hostname, is32bit } = this.#require()
    const directory = `${place.run}/roots/trial`
    const job = {
      root: directory,
      lower,
      hostname,
      is32bit,
      binds: { [trial.tmpdir]: `${directory}/job/tmp` },
      pkgdir: trial.pkgdir,
      log: `${directory}/job/trial.log`,
      output: true,
      packages: {},
      steps: trialSteps(trial).map(step => ({ ...step, pkgdir: `${directory}/job/out` })),
    }
    const done = jobDoneOf(await this.#link.request('job', { job }).answer)
    this.#link.ask('remove', { root: 'trial' }).catch(() => undefined)
    return done
  }

  /** From now on it takes builds of this plan. */
  begin(context: BuildContext): void {
    this.#builder = new Builder(this.#require(), context)
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
    return this.#builder.build(target, committed, cores, events, signal)
  }

  /** Ends everything there: jobs, mounts, the run's directory, the connection. */
  async leave(): Promise<void> {
    await this.#link.leave()
  }

  #require(): JoinedHost {
    if (!this.#joined) throw new Error(`${this.config.name} has not joined`)
    return this.#joined
  }
}

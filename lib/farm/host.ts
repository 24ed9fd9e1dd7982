/** A host of the farm, brought up the way farm.yaml says: before the plan as far as that goes, and then for the plan. */
import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { HostConfig } from '../core/config.ts'
import { messageOf } from '../core/error.ts'
import { cpuProblems, hostProblems } from '../core/host-check.ts'
import type { HostFacts, HostProblem } from '../core/host-facts.ts'
import type { Happening } from '../core/event.ts'
import type { PlannedPackage } from '../core/plan.ts'
import { trialProblem } from '../core/trial.ts'
import { BuildHost } from '../edge/host/build-host.ts'
import type { BuildResult } from '../edge/host/job.ts'
import { HostRefused } from '../edge/host/link.ts'
import type { Generation } from '../edge/host/mirror.ts'
import type { StoredPackage } from '../edge/store.ts'
import { Copying } from './copying.ts'
import type { FarmHost } from './parts.ts'
import type { Planned, Shared } from './prepare.ts'

/** Seconds from the loss of a host to the first try to have it back, and the most from one try to the next. */
const COME_BACK = { first: 15, longest: 300 }
export class PreparedHost implements FarmHost {
  readonly name: string
  readonly jobs: number
  readonly queue: PQueue
  readonly #config: HostConfig
  readonly #shared: Shared
  readonly #host: BuildHost
  readonly #abort = new AbortController()
  /** What happened before anybody listened. */
  readonly #untold: Happening[] = []
  #report: ((happening: Happening) => void) | null = null
  #ready: Promise<void> | null = null
  #generation: Generation | null = null
  readonly #copying: Copying
  leftovers: string[] = []
  /** Seconds until it is tried to have it back, the next time that it is lost. */
  #pause = COME_BACK.first
  readonly #planned: Promise<Planned>
  /** The plan is known. */
  plan: (planned: Planned) => void = () => undefined

  constructor(config: HostConfig, shared: Shared, index: number) {
    this.name = config.name
    this.jobs = config.jobs
    this.queue = new PQueue({ concurrency: config.jobs })
    this.#config = config
    this.#shared = shared
    this.#host = new BuildHost(config, shared.context, index, {
      silent: reason => {
        this.#say({ type: 'host-silent', host: this.name, reason })
      },
      back: () => {
        this.#say({ type: 'host-back', host: this.name })
      },
    })
    const say = (happening: Happening): void => {
      this.#say(happening)
    }
    this.#copying = new Copying(this.name, this.#host.mirror, shared, say, this.#abort.signal)
    this.#planned = new Promise(resolve => {
      this.plan = resolve
    })
  }

  get lost(): Promise<string> {
    return this.#host.lost
  }

  /** Connects, and copies the client's root there. What happens is told when somebody listens. */
  begin(): void {
    this.#ready ??= this.#bringUp()
    this.#ready.catch(() => undefined)
  }

  async bringUp(report: (happening: Happening) => void, signal: AbortSignal): Promise<void> {
    for (const happening of this.#untold) report(happening)
    this.#report = report
    // One signal ends the copies of all hosts, and there may be many.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', () => {
      this.#abort.abort()
    })
    this.begin()
    await this.#ready
  }

  async build(
    target: PlannedPackage,
    committed: ReadonlyMap<string, StoredPackage>,
    cores: number,
    report: (happening: Happening) => void,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const about = { package: target.id, host: this.name }
    return this.#host.build(
      target,
      committed,
      cores,
      {
        started: (root, installs) => {
          report({ type: 'root-chosen', ...about, root, installs })
        },
        building: () => {
          report({ type: 'build-started', ...about })
        },
        phase: phase => {
          report({ type: 'phase', ...about, phase })
        },
      },
      signal,
    )
  }

  async comeBack(signal: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#pause * 1000, null, { signal })
      this.#pause = Math.min(2 * this.#pause, COME_BACK.longest)
      const reason = await this.#host.comeBack().then(() => null, messageOf)
      if (reason !== null) continue
      this.leftovers = []
      return
    }
  }

  async drop(reason: string): Promise<void> {
    await this.#host.drop(reason)
  }

  async leave(): Promise<void> {
    this.#abort.abort()
    await this.#host.leave()
  }

  async detach(): Promise<void> {
    this.#abort.abort()
    await this.#host.detach()
  }

  #say(happening: Happening): void {
    if (this.#report) this.#report(happening)
    else this.#untold.push(happening)
  }

  async #bringUp(): Promise<void> {
    try {
      const facts = await this.#join()
      if (this.#config.root.provider === 'mirror') await this.#openMirror()
      const planned = await this.#planned
      this.#refuseIf(cpuProblems(facts, await this.#shared.needs.ofPlan(planned.build.request)))
      if (this.#generation) await this.#copying.settle(planned)
      await this.#tryOut(facts, planned)
      this.#host.begin(planned.build)
      this.leftovers = await this.#host.takeOver(planned.wanted)
      this.#host.tidy(this.#shared.keep)
    } catch (error) {
      if (error instanceof HostRefused) this.#say({ type: 'host-refused', host: this.name, problems: error.problems })
      throw error
    }
  }

  async #join(): Promise<HostFacts> {
    this.#say({ type: 'host-connecting', host: this.name })
    const facts = await this.#host.connect()
    const now = Date.now()
    const needs = await this.#shared.needs.client(this.#shared.variables)
    const { ssh, dir, jobs, root } = this.#config
    const problems = hostProblems(facts, needs, { ssh, dir, jobs, mirror: root.provider === 'mirror' }, now)
    this.#refuseIf(problems)
    const { hostname, cores, memory } = facts
    const disk = 'error' in facts.directory ? {} : { disk: facts.directory.freeBytes }
    const warnings = problems.length === 0 ? {} : { warnings: problems }
    this.#say({ type: 'host-joined', host: this.name, hostname, cores, memory, ...disk, ...warnings })
    await this.#host.join()
    return facts
  }

  #refuseIf(problems: readonly HostProblem[]): void {
    const those = problems.filter(each => each.level === 'refuse')
    if (those.length > 0) throw new HostRefused(those)
  }

  async #openMirror(): Promise<void> {
    this.#generation = await this.#host.openMirror()
    const { path, first } = this.#generation
    this.#say({ type: 'mirror-started', host: this.name, generation: path, first })
    await this.#copying.root()
  }

  /** Runs this system's programs there, unless the same ones ran there before. */
  async #tryOut(facts: HostFacts, { build }: Planned): Promise<void> {
    const { trial, native, name } = await this.#shared.needs.trial(build.request)
    const whole = `${name}\n${facts.kernel} ${facts.cpu.identity} ${facts.cpu.flags.join(' ')}`
    if (this.#generation?.tried !== whole) {
      const problem = trialProblem(await this.#host.tryOut(trial), trial, native)
      if (problem) throw new HostRefused([problem])
    }
    if (this.#generation) await this.#host.mirror.tried(whole)
  }
}

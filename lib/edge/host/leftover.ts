/** What an earlier run of this client left on a host: its jobs, done or at work, and the keeper that has them. */
import type { PlannedPackage } from '../../core/plan.ts'
import { leftJobsOf } from './answers.ts'
import { measured } from './builder.ts'
import { type AboutJob, HostJobs, resultOf } from './host-job.ts'
import type { BuildContext, BuildEvents, BuildResult } from './job.ts'
import type { HostLink } from './link.ts'
import { Transfers } from './transfers.ts'

/** A job that is there, as its keeper was told of it. */
export interface LeftJob {
  key: string
  about: AboutJob
  done: boolean
}

export class Leftover {
  readonly #link: HostLink
  readonly #jobs: Map<string, LeftJob>
  readonly #hostJobs: HostJobs

  /**
   * Connects to what is left of the link's run; what of it is not wanted ends. Throws an AgentError if nothing is left.
   *
   * @param runtime a private directory here
   */
  static async find(
    link: HostLink,
    runtime: string,
    wanted: ReadonlySet<string>,
    build: BuildContext,
  ): Promise<Leftover> {
    await link.find()
    const jobs = leftJobsOf(await link.ask('jobs'))
    // A package can have been tried twice there: the newer one counts.
    const found = new Map(jobs.filter(({ about }) => wanted.has(about.package)).map(job => [job.about.package, job]))
    const others = jobs.filter(job => found.get(job.about.package) !== job)
    await Promise.all(others.map(async ({ key }) => link.ask('cancel', { key })))
    const leftover = new Leftover(link, found, new HostJobs(link, new Transfers(link, runtime), build))
    if (found.size === 0) await link.leave()
    return leftover
  }

  private constructor(link: HostLink, jobs: Map<string, LeftJob>, hostJobs: HostJobs) {
    this.#link = link
    this.#jobs = jobs
    this.#hostJobs = hostJobs
  }

  /** The packages that it has or is at work on. */
  get packages(): string[] {
    return [...this.#jobs.keys()]
  }

  /** Waits for the package as for any build. Expected failures are values. */
  async build(target: PlannedPackage, events: BuildEvents, signal: AbortSignal): Promise<BuildResult> {
    const job = this.#jobs.get(target.id)
    if (!job) throw new Error(`nothing of ${target.id} was left`)
    const { key, about } = job
    try {
      return await resultOf(async () => {
        const outcome = await this.#hostJobs.run(key, target, about, null, events, signal)
        return outcome.ok ? measured(outcome, about.cores, []) : outcome
      })
    } finally {
      this.#jobs.delete(target.id)
      if (this.#jobs.size === 0) void this.#link.leave()
    }
  }
}

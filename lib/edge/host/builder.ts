/** Builds packages on a host, in its job roots. */
import { jobCommands, jobEnvironment, logDirectory } from '../../core/commands.ts'
import { jobserversOf } from '../../core/jobserver.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import type { RequestPackage } from '../../core/request.ts'
import type { StoredPackage } from '../store.ts'
import { distfilesAnswerOf, packagesAnswerOf } from './answers.ts'
import { HostJobs, jobLog, jobLogs, jobPackages, type Outcome, resultOf } from './host-job.ts'
import type { BuildContext, BuildEvents, BuildResult, HostPlace } from './job.ts'
import type { HostLink } from './link.ts'
import { RecordedPackages } from './recorded-packages.ts'
import { type HeldRoot, RootPool } from './root-pool.ts'
import { NOTHING, Transfers, type Travelled, whichAreHere } from './transfers.ts'

/** A host that has joined, and what its job roots lie over. */
export interface JoinedHost {
  link: HostLink
  place: HostPlace
  /** The lower layer of job roots. */
  lower: string
  /** The client's host name, which jobs have as well. */
  hostname: string
  /** Whether jobs are to see a 32-bit machine on a 64-bit one. */
  is32bit: boolean
  /** Seconds without a sign of life after which a job is ended; 0: never. */
  stuckAfter: number
  /** A private directory here. */
  runtime: string
}

export class Builder {
  readonly #host: JoinedHost
  readonly #context: BuildContext
  readonly #transfers: Transfers
  readonly #hostJobs: HostJobs
  readonly #roots: RootPool
  readonly #packages: ReadonlyMap<string, RequestPackage>
  readonly #recorded = new RecordedPackages()
  #jobs = 0

  constructor(host: JoinedHost, context: BuildContext) {
    this.#host = host
    this.#context = context
    this.#transfers = new Transfers(host.link, host.runtime)
    this.#hostJobs = new HostJobs(host.link, this.#transfers, context)
    this.#roots = new RootPool(context.plan, host.link.config.jobs, name => {
      host.link.ask('remove', { root: name }).catch(() => undefined)
    })
    this.#packages = new Map(context.request.packages.map(each => [each.id, each]))
  }

  /** Builds a package. Expected failures are values. */
  async build(
    target: PlannedPackage,
    committed: ReadonlyMap<string, StoredPackage>,
    cores: number,
    events: BuildEvents,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const root = this.#roots.take(target)
    events.started(
      root.name,
      root.missing.map(step => step.id),
    )
    let usable = false
    try {
      const result = await resultOf(async () => this.#buildIn(root, target, committed, cores, events, signal))
      usable = result.ok && !this.#host.link.config.clean
      return result
    } finally {
      if (usable) this.#roots.giveBack(root)
      else this.#roots.discard(root)
    }
  }

  async #buildIn(
    root: HeldRoot,
    target: PlannedPackage,
    committed: ReadonlyMap<string, StoredPackage>,
    cores: number,
    events: BuildEvents,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const { missing } = root
    const needed = missing.filter(step => step.operation === 'install').map(({ id }) => committedPackage(committed, id))
    const [sources, packages] = await Promise.all([this.#offerDistfiles(target), this.#offerPackages(needed)])
    const { request } = this.#context
    const { place, lower, hostname, is32bit, stuckAfter } = this.#host
    const makeopts = this.#host.link.config.makeopts ?? `-j${cores}`
    const slots = jobsOf(makeopts)
    const env = jobEnvironment(request, makeopts)
    const directory = `${place.run}/roots/${root.name}`
    const commands = jobCommands(target, missing, this.#packages, env, sources.fetch)
    const job = {
      root: directory,
      lower,
      hostname,
      is32bit,
      stuckAfter,
      slots: this.#host.link.config.jobs,
      binds: {
        [request.settings.DISTDIR]: place.distfiles,
        [request.settings.PORTAGE_TMPDIR]: `${directory}/job/tmp`,
        [logDirectory(request.settings)]: jobLogs(directory),
      },
      jobservers: jobserversOf(request, target.package, slots ?? cores),
      pkgdir: request.settings.PKGDIR,
      log: jobLog(directory),
      packages: Object.fromEntries(needed.map(each => [each.name, each.place])),
      steps: commands.map(command => ({
        ...command,
        pkgdir: command.name === 'install' ? `${directory}/job/install` : jobPackages(directory),
      })),
    }
    const key = `${target.id}#${this.#jobs++}`
    const about = { package: target.id, root: directory, cores: slots }
    const outcome = await this.#hostJobs.run(key, target, about, job, events, signal)
    if (!outcome.ok) return outcome
    return measured(outcome, slots, [sources.travelled, packages])
  }

  /** Sends the committed packages that the host does not have yet. */
  async #offerPackages(packages: StoredPackage[]): Promise<Travelled> {
    if (packages.length === 0) return NOTHING
    const names = packages.map(each => each.name)
    const { path, missing } = packagesAnswerOf(await this.#host.link.ask('packages', { names }), names)
    const travelled = await this.#transfers.send(this.#context.store.committed, missing, path)
    // To another machine packages go from what was verified here, where only root can reach it.
    if (this.#host.link.config.ssh === null) await this.#recorded.check(packages, path)
    return travelled
  }

  /** Sends the distfiles that are here and not there. `fetch`: some must still be fetched there. */
  async #offerDistfiles(target: PlannedPackage): Promise<{ fetch: boolean; travelled: Travelled }> {
    const files = target.package.distfiles
    if (files.length === 0) return { fetch: false, travelled: NOTHING }
    const answer = await this.#host.link.ask('distfiles', { files: files.map(each => [each.name, each.size]) })
    const asked = distfilesAnswerOf(
      answer,
      files.map(each => each.name),
    )
    const missing = files.filter(each => asked.missing.includes(each.name))
    const { distfiles } = this.#context
    const offered = await whichAreHere(distfiles, missing)
    const travelled = await this.#transfers.send(
      distfiles,
      offered.map(each => each.name),
      this.#host.place.distfiles,
    )
    return { fetch: offered.length < missing.length, travelled }
  }
}

function committedPackage(committed: ReadonlyMap<string, StoredPackage>, id: string): StoredPackage {
  const found = committed.get(id)
  if (!found) throw new Error(`${id} is needed, and was not committed`)
  return found
}

/** How many jobs MAKEOPTS lets make run; null where it does not say. */
function jobsOf(makeopts: string): number | null {
  const [, jobs] = /(?:^| )(?:-j|--jobs[= ]) *(\d+)/.exec(makeopts) ?? []
  return jobs === undefined ? null : Number(jobs)
}

/** The result with what it took: `travelled` is what went there for it. */
export function measured(
  { arrived, done, travelled: brought, ...words }: Outcome & { ok: true },
  cores: number | null,
  sent: readonly Travelled[],
): BuildResult {
  const travelled = [...sent, brought]
  const { cpuSeconds, memory, disk } = done
  const bytes = sum(travelled.map(each => each.bytes))
  const transferSeconds = sum(travelled.map(each => each.seconds))
  return { ...words, arrived: { ...arrived, usage: { cores, cpuSeconds, memory, disk, bytes, transferSeconds } } }
}

function sum(values: readonly number[]): number {
  return values.reduce((before, each) => before + each, 0)
}

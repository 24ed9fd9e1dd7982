/** Builds packages on a host, in its job roots. */
import { jobCommands, jobEnvironment, logDirectory } from '../../core/commands.ts'
import type { Fault } from '../../core/event.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import type { RequestPackage } from '../../core/request.ts'
import type { StoredPackage } from '../store.ts'
import { AgentError } from './agent.ts'
import { distfilesAnswerOf, jobDoneOf, jobEventOf, packagesAnswerOf } from './answers.ts'
import { BuildLogs } from './build-logs.ts'
import type { Arrived, BuildContext, BuildEvents, BuildResult, HostPlace, JobDone } from './job.ts'
import type { HostLink } from './link.ts'
import { type HeldRoot, RootPool } from './root-pool.ts'
import { TransferError } from './rsync.ts'
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
  /** A private directory here. */
  runtime: string
}

export class Builder {
  readonly #host: JoinedHost
  readonly #context: BuildContext
  readonly #transfers: Transfers
  readonly #logs: BuildLogs
  readonly #roots: RootPool
  readonly #packages: ReadonlyMap<string, RequestPackage>

  constructor(host: JoinedHost, context: BuildContext) {
    this.#host = host
    this.#context = context
    this.#transfers = new Transfers(host.link.connection, host.runtime)
    this.#logs = new BuildLogs(this.#transfers, host.link.config.name, context)
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
      const result = await this.#buildIn(root, target, committed, cores, events, signal)
      usable = result.ok && !this.#host.link.config.clean
      return result
    } catch (error) {
      if (error instanceof AgentError || error instanceof TransferError) {
        return { ok: false, fault: 'host', reason: error.message, log: null, elog: '' }
      }
      throw error
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
    const { place, lower, hostname, is32bit } = this.#host
    const makeopts = this.#host.link.config.makeopts ?? `-j${cores}`
    const env = jobEnvironment(request, makeopts)
    const directory = `${place.run}/roots/${root.name}`
    const commands = jobCommands(target, missing, this.#packages, env, sources.fetch)
    const job = {
      root: directory,
      lower,
      hostname,
      is32bit,
      binds: {
        [request.settings.DISTDIR]: place.distfiles,
        [request.settings.PORTAGE_TMPDIR]: `${directory}/job/tmp`,
        [logDirectory(request.settings)]: `${directory}/job/logs`,
      },
      pkgdir: request.settings.PKGDIR,
      log: `${directory}/job/build.log`,
      packages: Object.fromEntries(needed.map(each => [each.name, each.place])),
      steps: commands.map(command => ({
        ...command,
        pkgdir: `${directory}/job/${command.name === 'install' ? 'install' : 'out'}`,
      })),
    }
    const configured: Record<string, string> = {}
    const asked = this.#host.link.request('job', { job }, said => {
      const event = jobEventOf(said)
      if (event['event'] === 'step' && event['name'] === 'build') events.building()
      // Phases of the dependencies that are being installed are not this package's.
      if (event['cpv'] !== target.package.cpv) return
      if (event['event'] === 'phase') events.phase(String(event['phase']))
      if (event['event'] === 'variable') configured[String(event['name'])] = String(event['value'])
    })
    const cancel = (): void => {
      void this.#host.link.ask('cancel', { job: asked.id }).catch(() => undefined)
    }
    signal.addEventListener('abort', cancel)
    let done: JobDone
    try {
      if (signal.aborted) cancel()
      done = jobDoneOf(await asked.answer)
    } catch (error) {
      // What it does there, if it says nonsense, is of no use.
      cancel()
      throw error
    } finally {
      signal.removeEventListener('abort', cancel)
    }
    const failed = done.code !== 0
    const [words, brought] = await Promise.all([
      this.#logs.bring({ ...done, failed, output: job.log, directory: `${directory}/job/logs` }, target.package.cpv),
      failed
        ? { ok: false as const, ...failureOf(done, target) }
        : done.unfit !== undefined
          ? { ok: false as const, fault: 'unfit' as const, reason: done.unfit }
          : this.#bringPackage(done, `${directory}/job/out`, configured),
    ])
    if (!brought.ok) return { ...brought, ...words }
    const travelled = [sources.travelled, packages, brought.travelled]
    const { cpuSeconds, memory, disk } = done
    const bytes = sum(travelled.map(each => each.bytes))
    const transferSeconds = sum(travelled.map(each => each.seconds))
    const usage = { cores: jobsOf(makeopts), cpuSeconds, memory, disk, bytes, transferSeconds }
    return { ok: true, arrived: { ...brought.arrived, usage }, ...words }
  }

  async #bringPackage(done: JobDone, out: string, said: Record<string, string>): Promise<Brought> {
    const [file, ...others] = done.files
    if (!file || others.length > 0) {
      const found = done.files.map(each => each.path).join(', ') || 'none'
      return { ok: false, fault: 'mismatch', reason: `one binary package was expected, found: ${found}` }
    }
    const incoming = this.#context.store.incoming(`${this.#host.link.config.name}%${file.path.replaceAll('/', '%')}`)
    const travelled = await this.#transfers.bring(`${out}/${file.path}`, incoming)
    const { size, sha256, path } = file
    const configured = Object.keys(said).length > 0 ? said : null
    const arrived = { path: incoming, place: path, size, sha256, seconds: done.seconds, configured }
    return { ok: true, arrived, travelled }
  }

  /** Sends the committed packages that the host does not have yet. */
  async #offerPackages(packages: StoredPackage[]): Promise<Travelled> {
    if (packages.length === 0) return NOTHING
    const names = packages.map(each => each.name)
    const { path, missing } = packagesAnswerOf(await this.#host.link.ask('packages', { names }), names)
    return this.#transfers.send(this.#context.store.committed, missing, path)
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
    const { DISTDIR } = this.#context.request.settings
    const offered = await whichAreHere(DISTDIR, missing)
    const travelled = await this.#transfers.send(
      DISTDIR,
      offered.map(each => each.name),
      this.#host.place.distfiles,
    )
    return { fetch: offered.length < missing.length, travelled }
  }
}

/** A build's result, without what Portage said of it. */
type Brought =
  { ok: true; arrived: Omit<Arrived, 'usage'>; travelled: Travelled } | { ok: false; fault: Fault; reason: string }

function sum(values: readonly number[]): number {
  return values.reduce((before, each) => before + each, 0)
}

function failureOf(done: JobDone, target: PlannedPackage): { fault: Fault; reason: string } {
  switch (done.step) {
    case 'build':
      return { fault: 'package', reason: `the build of ${target.package.cpv} failed` }
    case 'fetch':
      return { fault: 'fetch', reason: 'its sources could not be fetched there' }
    default:
      return { fault: 'host', reason: `what it needs could not be installed in its job root (${done.step})` }
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

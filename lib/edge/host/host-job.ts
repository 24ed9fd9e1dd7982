/** A job on a host: begun there or found there, listened to, and what it leaves brought here. */
import type { Fault } from '../../core/event.ts'
import { lastWords } from '../../core/last-words.ts'
import type { BuildWords } from '../../core/message.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import { AgentError } from './agent.ts'
import { jobDoneOf, jobEventOf } from './answers.ts'
import { BuildLogs, type LogKeeper } from './build-logs.ts'
import type { Arrived, BuildContext, BuildEvents, BuildResult, JobDone } from './job.ts'
import type { HostLink } from './link.ts'
import { CannotWriteHere, TransferError } from './rsync.ts'
import type { Transfers, Travelled } from './transfers.ts'

/** What a keeper is told of a job, for whoever finds it there. */
export interface AboutJob {
  package: string
  /** Its root there. */
  root: string
  /** What MAKEOPTS lets make run; null: it does not say. */
  cores: number | null
}

/** A build's result, without what it was measured with. */
export type Outcome = BuildWords &
  (
    | { ok: true; arrived: Omit<Arrived, 'usage'>; done: JobDone; travelled: Travelled }
    | { ok: false; fault: Fault; reason: string }
  )

type Brought = { ok: true; arrived: Omit<Arrived, 'usage'>; travelled: Travelled } | Failure

/** Shown in the place of a phase, until there is one: the host has as many jobs as it is to have, of other runs or clients. */
const WAITING = 'waiting'

/** Where a job's own files are in its root. */
export const jobLog = (root: string): string => `${root}/job/build.log`
export const jobLogs = (root: string): string => `${root}/job/logs`
export const jobPackages = (root: string): string => `${root}/job/out`

/** What comes of a build. Where the host or the connection to it fails that is a result, too. */
export async function resultOf(build: () => Promise<BuildResult>): Promise<BuildResult> {
  try {
    return await build()
  } catch (error) {
    if (!(error instanceof AgentError || error instanceof TransferError)) throw error
    if (error instanceof CannotWriteHere) {
      const reason = `this system cannot be written to: ${error.message}`
      return { ok: false, fault: 'client', reason, log: null, elog: '' }
    }
    return { ok: false, fault: 'host', reason: error.message, log: null, elog: '' }
  }
}

export class HostJobs {
  readonly #link: HostLink
  readonly #context: BuildContext
  readonly #transfers: Transfers
  readonly #logs: LogKeeper

  constructor(link: HostLink, transfers: Transfers, context: BuildContext) {
    this.#link = link
    this.#context = context
    this.#transfers = transfers
    const bringLog = async (there: string, here: string): Promise<void> => transfers.bringLog(there, here)
    this.#logs = context.logKeeper?.(bringLog) ?? new BuildLogs(bringLog, link.config.name, context)
  }

  /** `job`: what the keeper is to do; null: it is at it already, or done. */
  async run(
    key: string,
    target: PlannedPackage,
    about: AboutJob,
    job: object | null,
    events: BuildEvents,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const configured: Record<string, string> = {}
    const cancel = (): void => {
      void this.#link.ask('cancel', { key }).catch(() => undefined)
    }
    signal.addEventListener('abort', cancel)
    const asked = this.#link.job(key, about, job, said => {
      const event = jobEventOf(said)
      if (event['event'] === 'waiting') events.phase(WAITING)
      if (event['event'] === 'step' && event['name'] === 'build') events.building()
      // Phases of the dependencies that are being installed are not this package's.
      if (event['cpv'] !== target.package.cpv) return
      if (event['event'] === 'phase') events.phase(event['phase'] ?? '')
      if (event['event'] === 'variable') configured[event['name'] ?? ''] = event['value'] ?? ''
    })
    let done: JobDone
    try {
      if (signal.aborted) cancel()
      done = jobDoneOf(await asked)
    } catch (error) {
      // What it does there, if it says nonsense, is of no use.
      cancel()
      throw error
    } finally {
      signal.removeEventListener('abort', cancel)
    }
    return this.#bring(done, target, about.root, configured)
  }

  async #bring(
    done: JobDone,
    target: PlannedPackage,
    root: string,
    configured: Record<string, string>,
  ): Promise<Outcome> {
    const failed = done.code !== 0
    // What it printed is all that tells why.
    const leftNothing = !failed && done.unfit === undefined && done.files.length === 0
    const left = { ...done, failed: failed || leftNothing, output: jobLog(root), directory: jobLogs(root) }
    const [words, brought] = await Promise.all([
      this.#logs.bring(left, target.package.cpv),
      failed
        ? { ok: false as const, ...failureOf(done, target) }
        : done.unfit !== undefined
          ? { ok: false as const, fault: 'unfit' as const, reason: done.unfit }
          : this.#bringPackage(done, root, configured),
    ])
    return brought.ok ? { ...brought, done, ...words } : { ...brought, ...words }
  }

  async #bringPackage(done: JobDone, root: string, said: Record<string, string>): Promise<Brought> {
    const [file, ...others] = done.files
    if (!file) {
      // No build of a package ends like that: something there kept emerge from working.
      const words = lastWords(done.output ?? '')
      const said = words === '' ? 'it said nothing' : `its last words: ${words}`
      return { ok: false, fault: 'host', reason: `emerge ended there without an error, and without a package; ${said}` }
    }
    if (others.length > 0) {
      const found = done.files.map(each => each.path).join(', ')
      return { ok: false, fault: 'mismatch', reason: `one binary package was expected, found: ${found}` }
    }
    const incoming = this.#context.store.incoming(`${this.#link.config.name}%${file.path.replaceAll('/', '%')}`)
    const travelled = await this.#transfers.bring(`${jobPackages(root)}/${file.path}`, incoming)
    const { size, sha256, path } = file
    const configured = Object.keys(said).length > 0 ? said : null
    const arrived = { path: incoming, place: path, size, sha256, seconds: done.seconds, configured }
    return { ok: true, arrived, travelled }
  }
}

/** Why there is no package. */
interface Failure {
  ok: false
  fault: Fault
  reason: string
}

function failureOf(done: JobDone, target: PlannedPackage): { fault: Fault; reason: string } {
  if (done.stuck) {
    const reason = `the build of ${target.package.cpv} neither computed nor wrote anything for long, and was ended (${done.step})`
    return { fault: 'package', reason }
  }
  if (done.outOfMemory) {
    return { fault: 'host', reason: `memory ran out there while ${target.package.cpv} was built (${done.step})` }
  }
  if (done.outOfSpace) {
    return { fault: 'host', reason: `no space was left there while ${target.package.cpv} was built (${done.step})` }
  }
  // No ebuild does that: somebody there did, or the kernel, for want of memory.
  if (done.code < 0) return { fault: 'host', reason: `what it ran was killed by signal ${-done.code} (${done.step})` }
  switch (done.step) {
    case 'build':
      return { fault: 'package', reason: `the build of ${target.package.cpv} failed` }
    case 'fetch':
      return { fault: 'fetch', reason: 'its sources could not be fetched there' }
    default:
      return { fault: 'host', reason: `what it needs could not be installed in its job root (${done.step})` }
  }
}

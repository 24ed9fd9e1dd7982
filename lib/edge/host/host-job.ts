/** A job on a host: begun there or found there, listened to, and what it leaves brought here. */
import { createHash } from 'node:crypto'
import type { Fault } from '../../core/event.ts'
import { errorIn, lastWords } from '../../core/last-words.ts'
import type { BuildWords } from '../../core/message.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import { AgentError } from './agent.ts'
import { jobDoneOf, jobEventOf } from './answers.ts'
import { BuildLogs, type LogKeeper } from './build-logs.ts'
import type { Arrived, BuildContext, BuildEvents, BuildResult, JobDone } from './job.ts'
import type { HostLink } from './link.ts'
import { Patience } from './patience.ts'
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

/** Seconds that a job has to end when it is told to. */
const ENDING = 60
/** EBUILD_PHASE, and how many of them a build has at most. */
const PHASE = /^[a-z_]{1,32}$/
const MOST_PHASES = 100
const VARIABLE = /^[A-Z][A-Z0-9_]{0,31}$/

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
    const ending = new Patience(0, `its job did not end within ${ENDING} s when it was told to`)
    const cancel = (): void => {
      ending.set(ENDING)
      void this.#link.ask('cancel', { key }).catch(() => undefined)
    }
    signal.addEventListener('abort', cancel)
    let phases = 0
    let isBuilding = false
    const asked = this.#link.job(key, about, job, said => {
      const event = jobEventOf(said)
      if (event['event'] === 'waiting') events.phase(WAITING)
      if (event['event'] === 'step' && event['name'] === 'build' && !isBuilding) {
        isBuilding = true
        events.building()
      }
      // Phases of the dependencies that are being installed are not this package's.
      if (event['cpv'] !== target.package.cpv) return
      const { phase = '', name = '', value = '' } = event
      // What is built can say so as well: what is no phase, or too much, is not told.
      if (event['event'] === 'phase' && PHASE.test(phase) && phases++ < MOST_PHASES) events.phase(phase)
      if (event['event'] === 'variable' && VARIABLE.test(name)) configured[name] = value
    })
    let done: JobDone
    try {
      if (signal.aborted) cancel()
      done = jobDoneOf(await ending.whileWaiting(asked))
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
    const bringing = this.#logs.bring(left, target.package.cpv)
    // Whatever becomes of the package: nothing goes on here after the job.
    const brought = await this.#resultOf(done, target, root, configured).finally(async () => bringing)
    const words = await bringing
    return brought.ok ? { ...brought, done, ...words } : { ...brought, ...words }
  }

  async #resultOf(
    done: JobDone,
    target: PlannedPackage,
    root: string,
    configured: Record<string, string>,
  ): Promise<Brought> {
    if (done.code !== 0) return { ok: false, ...failureOf(done, target) }
    if (done.unfit !== undefined) return { ok: false, fault: 'unfit', reason: done.unfit }
    return this.#bringPackage(done, root, configured)
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
    const { size, sha256, path } = file
    const { largestPackage } = this.#link
    if (size > largestPackage) {
      const reason = `limits: it has ${size} bytes, and largest-package of farm.yaml allows ${largestPackage}`
      return { ok: false, fault: 'mismatch', reason }
    }
    const incoming = this.#context.store.incoming(nameHere(this.#link.config.name, path))
    const travelled = await this.#transfers.bring(`${jobPackages(root)}/${path}`, incoming, size)
    if (travelled === null) {
      const reason = `checksum: ${size} bytes with SHA-256 ${sha256} were built, and what is there now has more, or is no file`
      return { ok: false, fault: 'mismatch', reason }
    }
    const configured = Object.keys(said).length > 0 ? said : null
    const arrived = { path: incoming, place: path, size, sha256, seconds: done.seconds, configured }
    return { ok: true, arrived, travelled }
  }
}

/** A name for what a host brings, of a length that every file system takes, whatever the host calls it. */
function nameHere(host: string, path: string): string {
  const name = createHash('sha256').update(`${host}\0${path}`).digest('hex').slice(0, 32)
  return `${name}.${/\.(?:gpkg\.tar|xpak|tbz2)$/.exec(path)?.[0].slice(1) ?? 'other'}`
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
      return { fault: 'package', reason: errorIn(done.elog) || `the build of ${target.package.cpv} failed` }
    case 'fetch':
      return { fault: 'fetch', reason: 'its sources could not be fetched there' }
    default:
      return { fault: 'host', reason: `what it needs could not be installed in its job root (${done.step})` }
  }
}

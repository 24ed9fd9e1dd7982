/** The farm as a library. */
import type { FarmConfig } from '../core/config.ts'
import type { FarmEvent } from '../core/event.ts'
import type { PlanRequest } from '../core/request.ts'
import { checkPlanRequest } from '../edge/bridge/schema.ts'
import { startEmerge } from '../edge/bridge/start-emerge.ts'
import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { packageReports, type PackageReport } from '../report/summary.ts'
import { Inbox } from './inbox.ts'
import { Preparation } from './prepare.ts'
import { serveEmerge } from './serve.ts'
import { startRun } from './start.ts'

/** What to distribute: atoms, which emerge resolves and installs, or a plan, whose packages are only built. */
export type DistributeWhat = DistributeAtoms | DistributePlan

export interface DistributeAtoms {
  /** What emerge is asked to merge: package atoms and sets. */
  atoms: readonly string[]
  /** emerge's own options, as on its command line. Default none. */
  options?: readonly string[]
  /** What becomes of emerge's own output. Default `ignore`. */
  output?: 'inherit' | 'ignore'
}

export interface DistributePlan {
  /** What Portage resolved, as the bridge hands it out. */
  plan: PlanRequest
}

export type DistributeOptions = DistributeWhat & {
  /** farm.yaml's path, or what it says. Default `/etc/portage/farm.yaml`. */
  config?: string | FarmConfig
  /** Ends the run: every job on every host is ended, and the result says so. */
  signal?: AbortSignal
}

export interface DistributeResult {
  /** Whether everything was built, and, with atoms, installed. */
  ok: boolean
  /** emerge's exit code; null where no emerge ran, or where it was ended by a signal. */
  code: number | null
  packages: PackageReport[]
  /** Where the event log and the logs of failed builds are; null if nothing was planned. */
  directory: string | null
}

/** A run that goes on: its events while they happen, and its result. */
export interface Distribution extends AsyncIterable<FarmEvent> {
  result: Promise<DistributeResult>
}

/** farm.yaml is not good, the plan is not one, or emerge did not come to the farm. */
export class DistributeError extends Error {}

/**
 * Builds packages on the farm.
 *
 * The events may be iterated once, or not at all. `result` rejects with a DistributeError for a wrong farm.yaml or a
 * wrong plan, before anything is started, and where emerge does not come to the farm; a package that fails is no
 * rejection, but told in the result.
 */
export function distribute(options: DistributeOptions): Distribution {
  const events = new Inbox<FarmEvent | null>()
  const onEvent = (event: FarmEvent): void => {
    events.put(event)
  }
  const result = start(options, onEvent).finally(() => {
    events.put(null)
  })
  // Who only iterates is told of a failure by the end of the events; no unhandled rejection may end the process.
  result.catch(() => undefined)
  return {
    result,
    async *[Symbol.asyncIterator]() {
      for (let event = await events.take(); event; event = await events.take()) yield event
    },
  }
}

async function start(options: DistributeOptions, onEvent: (event: FarmEvent) => void): Promise<DistributeResult> {
  const config = await configOf(options.config ?? '/etc/portage/farm.yaml')
  options.signal?.throwIfAborted()
  return 'plan' in options
    ? distributePlan(options.plan, config, onEvent, options.signal)
    : distributeAtoms(options, config, onEvent, options.signal)
}

async function configOf(config: string | FarmConfig): Promise<FarmConfig> {
  if (typeof config !== 'string') return config
  const read = await readFarmConfig(config)
  if (!read.ok) throw new DistributeError(formatProblems(read))
  return read.config
}

async function distributePlan(
  plan: PlanRequest,
  config: FarmConfig,
  onEvent: (event: FarmEvent) => void,
  signal: AbortSignal | undefined,
): Promise<DistributeResult> {
  const problem = checkPlanRequest(plan)
  if (problem !== null) throw new DistributeError(`the plan is not one: ${problem}`)
  const events: FarmEvent[] = []
  const started = await startRun({
    preparation: await Preparation.make(config, { ...plan, variables: {} }),
    request: plan,
    hasEmerge: false,
    send: () => undefined,
    onEvent: event => {
      events.push(event)
      onEvent(event)
    },
  })
  const stop = (): void => {
    started.run.stop('the caller ended it')
  }
  signal?.addEventListener('abort', stop)
  try {
    await started.run.run()
  } finally {
    signal?.removeEventListener('abort', stop)
    await started.finish()
  }
  const packages = packageReports(events)
  const ok = packages.every(each => each.committed !== null)
  return { ok, code: null, packages, directory: started.directory }
}

async function distributeAtoms(
  { atoms, options = [], output = 'ignore' }: DistributeAtoms,
  config: FarmConfig,
  onEvent: (event: FarmEvent) => void,
  signal: AbortSignal | undefined,
): Promise<DistributeResult> {
  const { emerge, link } = startEmerge([...options, '--', ...atoms], { mode: 'merge', output })
  const interrupt = (): void => {
    emerge.kill('SIGINT')
  }
  signal?.addEventListener('abort', interrupt)
  try {
    const served = await serveEmerge(link, config, { onEvent })
    const { exitCode = null, shortMessage = '' } = await emerge
    const aborted = signal?.aborted === true
    if (served.aside !== null && !aborted) throw new DistributeError(withoutFarm(served.aside, exitCode, shortMessage))
    return { ok: exitCode === 0, code: exitCode, packages: packageReports(served.events), directory: served.directory }
  } finally {
    signal?.removeEventListener('abort', interrupt)
  }
}

/** What to say of an emerge that went on without the farm, or ended before it came there. */
function withoutFarm(reason: string, code: number | null, message: string): string {
  const how = code === null ? `did not run to its end (${message})` : `ended with code ${code}`
  if (reason !== '') return `emerge ${how} without the farm: ${reason}`
  return `emerge ${how} before it came to the farm: call emerge with the same arguments to see why, or run portage-farm check`
}

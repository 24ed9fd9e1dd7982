/** Serves one emerge over a link: waits for its plan, runs the farm for it, tells it what happens. */
import type { FarmConfig } from '../core/config.ts'
import { messageOf } from '../core/error.ts'
import type { FarmEvent } from '../core/event.ts'
import { patternsOf } from '../core/policy.ts'
import { PROTOCOL } from '../core/request.ts'
import type { RunState } from '../core/run-state.ts'
import type { EmergeLink } from '../edge/bridge/emerge-link.ts'
import { projectVersion } from '../edge/project.ts'
import { DoingFold } from '../report/doing.ts'
import { lineFor } from '../report/lines.ts'
import { progressLine } from '../report/progress.ts'
import { summaryLines } from '../report/summary.ts'
import { Preparation } from './prepare.ts'
import { startRun, type StartedRun } from './start.ts'

/** Milliseconds between changes of the progress line. */
const PROGRESS_EVERY = 1000
/** Columns that the progress line may take; emerge cuts it to its terminal. */
const PROGRESS_WIDTH = 200

export interface Served {
  events: FarmEvent[]
  /** The run's directory; null if emerge never came to a plan. */
  directory: string | null
}

export interface ServeOptions {
  onEvent?: (event: FarmEvent) => void
  signal?: AbortSignal
}

/** Ends when emerge is done, or gone. */
export async function serveEmerge(link: EmergeLink, config: FarmConfig, options: ServeOptions = {}): Promise<Served> {
  link.send({ type: 'ready', protocol: PROTOCOL, version: projectVersion(), patterns: patternsOf(config) })
  const messages = link.messages()
  let preparation: Preparation | null = null
  let first = await messages.next()
  if (!first.done && first.value.type === 'prepare') {
    preparation = await Preparation.make(config, first.value)
    preparation.begin()
    first = await messages.next()
  }
  if (first.done || first.value.type !== 'plan') {
    // Nothing to merge, or the user said no.
    link.end()
    await preparation?.abandon()
    return { events: [], directory: null }
  }
  const request = first.value
  preparation ??= await Preparation.make(config, { ...request, variables: {} })
  const events: FarmEvent[] = []
  const doing = new DoingFold()
  const onEvent = (event: FarmEvent, state: RunState): void => {
    events.push(event)
    doing.apply(event)
    const line = lineFor(event, state)
    if (line) link.send({ type: 'say', ...line })
    options.onEvent?.(event)
  }
  const started = await startRun({
    preparation,
    request,
    hasEmerge: true,
    onEvent,
    send: message => {
      link.send(message)
    },
  })
  const ticking = setInterval(() => {
    link.send({ type: 'progress', text: progressLine(started.run.state, doing, Date.now(), PROGRESS_WIDTH) })
  }, PROGRESS_EVERY)
  try {
    const stop = (): void => {
      started.run.stop('the caller ended it')
    }
    options.signal?.addEventListener('abort', stop)
    void pump(messages, started)
    await started.run.run()
  } finally {
    clearInterval(ticking)
    for (const text of summaryLines(events)) link.send({ type: 'say', level: 'info', text })
    await started.finish()
    link.send({ type: 'bye' })
    link.end()
  }
  return { events, directory: started.directory }
}

/** Hands on what emerge says. An emerge that is gone, or that speaks nonsense, ends the run. */
async function pump(
  messages: AsyncGenerator<Parameters<StartedRun['run']['tell']>[0]>,
  { run }: StartedRun,
): Promise<void> {
  try {
    for await (const message of messages) run.tell(message)
    run.stop('emerge is gone')
  } catch (error) {
    run.stop(messageOf(error))
  }
}

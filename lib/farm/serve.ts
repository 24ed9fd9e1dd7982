/** Serves one emerge over a link: waits for its plan, runs the farm for it, tells it what happens. */
import type { FarmConfig } from '../core/config.ts'
import { messageOf } from '../core/error.ts'
import type { FarmEvent } from '../core/event.ts'
import type { EmergeMessage } from '../core/message.ts'
import { patternsOf } from '../core/policy.ts'
import { PROTOCOL, type PlanRequest } from '../core/request.ts'
import type { RunState } from '../core/run/run-state.ts'
import type { EmergeLink } from '../edge/bridge/emerge-link.ts'
import { projectVersion } from '../edge/project.ts'
import { accountLines, accountOf } from '../report/account.ts'
import { DoingFold } from '../report/doing.ts'
import { lineFor } from '../report/lines.ts'
import { progressLine } from '../report/progress.ts'
import { summaryLines } from '../report/summary.ts'
import { now } from './clock.ts'
import type { RunParts } from './parts.ts'
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
  /** Why emerge went on without the farm, as it said; empty if it said nothing at all; null if it did not go on so. */
  aside: string | null
}

export interface ServeOptions {
  onEvent?: (event: FarmEvent) => void
  signal?: AbortSignal
  /** See RunParts. */
  player?: RunParts['player']
}

/** Ends when emerge is done, or gone. */
export async function serveEmerge(link: EmergeLink, config: FarmConfig, options: ServeOptions = {}): Promise<Served> {
  link.send({ type: 'ready', protocol: PROTOCOL, version: projectVersion(), patterns: patternsOf(config) })
  const messages = link.messages()
  const begun = await beginning(messages, config)
  if ('aside' in begun) {
    link.end()
    return { events: [], directory: null, aside: begun.aside }
  }
  const { preparation, request } = begun
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
    player: options.player,
    onEvent,
    send: message => {
      link.send(message)
    },
  }).catch(async (error: unknown) => {
    await preparation.abandon()
    throw error
  })
  const ticking = setInterval(() => {
    link.send({ type: 'progress', text: progressLine(started.run.state, doing, now(), PROGRESS_WIDTH) })
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
    try {
      await started.finish()
      const account = accountOf(events)
      const accounted = account ? accountLines(account, started.run.schedule.lostByEstimates) : []
      for (const text of [...summaryLines(events), ...accounted]) link.send({ type: 'say', level: 'info', text })
    } finally {
      link.send({ type: 'bye' })
      link.end()
    }
  }
  return { events, directory: started.directory, aside: null }
}

/** Brings the hosts up while Portage resolves. Without a plan nothing is merged, or the user said no, or emerge goes on
 * without the farm (see Served). */
async function beginning(
  messages: AsyncGenerator<EmergeMessage>,
  config: FarmConfig,
): Promise<{ preparation: Preparation; request: PlanRequest } | Pick<Served, 'aside'>> {
  let heard = false
  let preparation: Preparation | null = null
  try {
    // Not `for await`, which would end the messages with the loop.
    for (;;) {
      const next = await messages.next()
      if (next.done === true) return { aside: heard ? null : '' }
      heard = true
      const message = next.value
      if (message.type === 'prepare') {
        preparation = await Preparation.make(config, message)
        preparation.begin()
      } else if (message.type === 'plan') {
        const begun = preparation ?? (await Preparation.make(config, { ...message, variables: {} }))
        preparation = null
        return { preparation: begun, request: message }
      } else {
        return { aside: message.type === 'aside' ? message.reason : null }
      }
    }
  } finally {
    await preparation?.abandon()
  }
}

/** Hands on what emerge says. One that speaks nonsense ends the run; one that was killed leaves it to be taken up again. */
async function pump(messages: AsyncGenerator<EmergeMessage>, { run }: StartedRun): Promise<void> {
  try {
    for await (const message of messages) run.tell(message)
    run.detach('emerge is gone')
  } catch (error) {
    run.stop(messageOf(error))
  }
}

/** What is said while a run goes on: the few events that a person wants to read, in a line each. */
import type { FarmEvent } from '../core/event.ts'
import { describeProblems } from '../core/host-facts.ts'
import { afterFailure } from '../core/run/retry.ts'
import type { Attempt, RunState } from '../core/run/run-state.ts'
import { bytes, duration } from '../core/units.ts'

export interface Line {
  level: 'info' | 'warn' | 'error'
  text: string
}

/** Seconds below which an update of a host's copy is not worth a line. */
const QUICK = 2

/** The line for an event, or null for what is not worth one. `state`: after the event. */
export function lineFor(event: FarmEvent, state: RunState): Line | null {
  switch (event.type) {
    case 'mirror-started':
      return event.first ? info(`${event.host} gets a copy of this system (once; later only what changed)`) : null
    case 'mirror-finished':
      if (event.seconds < QUICK) return null
      return info(
        `${event.host} has this system: ${bytes(event.bytes)} of ${bytes(event.size)} sent in ${duration(event.seconds)}`,
      )
    case 'host-refused':
      return lostHost(event.host, describeProblems(event.problems), state, 'cannot build')
    case 'host-silent':
      return { level: 'warn', text: `${event.host} does not answer (${event.reason}); trying to reach it again` }
    case 'host-back':
      return info(`${event.host} answers again`)
    case 'host-lost':
      return lostHost(event.host, event.reason, state)
    case 'job-started':
      return info(`Building ${event.package} on ${event.host}`)
    case 'attempt-failed':
      // Where it is given up that follows at once, and is told in the same line.
      return isGivenUp(event.package, state) ? null : failure(event.package, event)
    case 'committed':
      if (event.run !== undefined) return info(`Built ${event.package} in an earlier run, ${event.run}`)
      return event.host === 'here' || event.host === 'home'
        ? null
        : info(`Built ${event.package} on ${event.host} in ${duration(event.seconds)}`)
    case 'sent-home':
      return lastFailure(event.package, state, ', is built here') ?? homeLine(event, state)
    case 'withdrawn':
      return isGivenUp(event.package, state) ? lastFailure(event.package, state, ', is not built in this run') : null
    // emerge itself tells of a failure, in its own words.
    case 'failed':
    case 'run-started':
    case 'planned':
    case 'host-connecting':
    case 'host-joined':
    case 'job-cancelled':
    case 'mirror-progress':
    case 'published':
    case 'host-ready':
    case 'package-ready':
    case 'root-chosen':
    case 'build-started':
    case 'phase':
    case 'built':
    case 'home-started':
    case 'installed':
    case 'install-failed':
    case 'interrupted':
    case 'run-ended':
      return null
    default:
      return event satisfies never
  }
}

function lostHost(host: string, reason: string, state: RunState, what = 'is not used'): Line | null {
  if (state.hostsIn('lost').length < state.hosts.size) return { level: 'warn', text: `${host} ${what}: ${reason}` }
  if (state.settled) return null
  // The last one: one line says it all.
  const reasons = [...state.hosts].map(([name, each]) => `${name}: ${each.state === 'lost' ? each.reason : ''}`)
  return { level: 'warn', text: `no host can be used, so everything is built here (${reasons.join('; ')})` }
}

/** Whether hosts have failed it, and no other is asked. */
function isGivenUp(id: string, state: RunState): boolean {
  const isAtWork = state.of(id).state === 'building'
  return state.attempts.has(id) && !isAtWork && afterFailure(state, id) === 'home'
}

function lastFailure(id: string, state: RunState, then: string): Line | null {
  const last = state.attempts.get(id)?.at(-1)
  return last ? failure(id, last, then) : null
}

function failure(id: string, { host, reason, log }: Omit<Attempt, 'fault'>, then = ''): Line {
  return { level: 'warn', text: `${id} failed on ${host}: ${reason}${log === null ? '' : ` (${log})`}${then}` }
}

function homeLine(event: { package: string; reason: string }, state: RunState): Line | null {
  if (state.hostsIn('lost').length === state.hosts.size) return null
  return info(`${event.package} is built here: ${event.reason}`)
}

function info(text: string): Line {
  return { level: 'info', text }
}

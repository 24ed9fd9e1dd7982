/** How soon everything could be built at best. */
import type { Host, Item, ScheduleState } from './state.ts'

export interface Bound {
  /** Seconds from now; no schedule takes less. */
  seconds: number
  /** What limits it: the longest chain of builds on the fastest host, or the work for all hosts together. */
  limit: 'path' | 'hosts'
  /** Seconds of each. */
  path: number
  work: number
}

/**
 * `max(critical path / fastest speed, work / sum of speeds)` over what is not built yet; a slot counts as much as a host
 * of its speed. What runs counts with what is left of it.
 */
export function lowerBound(state: ScheduleState, now: number): Bound {
  const hosts = state.hosts.filter(host => host.up)
  const fastest = hosts.reduce((most, host) => Math.max(most, topSpeed(host)), 0)
  const power = hosts.reduce((sum, host) => sum + Math.max(host.speed * host.spec.slots, topSpeed(host)), 0)
  let work = state.work
  let chain = 0
  for (const item of state.items) {
    if (item.phase === 'committed' || item.phase === 'given-up') continue
    const done = doneOf(item, now)
    if (item.phase !== 'left') work -= done
    chain = Math.max(chain, item.rank - done)
  }
  const path = chain / fastest
  const share = work / power
  return { seconds: Math.max(path, share), limit: path >= share ? 'path' : 'hosts', path, work: share }
}

/** With all cores of the host to itself, a job is faster by as much at most. */
function topSpeed({ speed, spec }: Host): number {
  return spec.slots > 1 ? speed * Math.max(1, spec.cores) : speed
}

/** Seconds of the task, at speed 1, that the most advanced of its jobs has behind it. */
function doneOf(item: Item, now: number): number {
  let done = item.phase === 'built' ? item.node.task.install + item.seconds : 0
  for (const job of item.copies) {
    const part = Math.min(1, Math.max(0, (now - job.start) / job.length))
    done = Math.max(done, part * (item.node.task.install + item.seconds))
  }
  return done
}

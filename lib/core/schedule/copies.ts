/** Second copies of jobs: where a host has nothing else to do, and may be finished first. */
import { admits } from './model.ts'
import { expectedEnd, type Lane } from './outlook.ts'
import type { Placement } from './place.ts'
import { lengthOn, type Host, type Item, type ScheduleState } from './state.ts'

/** A copy must be expected to gain at least this part of its own length. */
const GAIN = 0.02

/**
 * What idle hosts do about jobs that run elsewhere. The first copy to be committed counts.
 *
 * A host that would be finished earlier takes a copy of the job that is most urgent. The fastest of the hosts (the
 * first of several) takes one in any case: of that which is expected to end first, so that it is free again when something new can be ready. It
 * never pauses while anything is left to build, and spends on each package at most the time that it would take to build
 * it: so it is never later than if it had built everything alone, however wrong the estimates are.
 */
export function secondCopies(
  state: ScheduleState,
  lanes: readonly Lane[],
  now: number,
  neverPause: boolean,
): Placement[] {
  const idle = lanes.filter(lane => lane.free > 0)
  if (idle.length === 0) return []
  const running = runningTasks(state, now)
  if (running.size === 0) return []
  idle.sort((a, b) => b.host.speed - a.host.speed || a.host.index - b.host.index)
  const steady = fastestOf(lanes)
  const fastest = steady?.speed ?? 1
  const found: Placement[] = []
  let hopeless: Lane | null = null
  for (const lane of idle) {
    const { host } = lane
    const isFastest = neverPause && host === steady
    if (!isFastest && hopeless && isAlike(hopeless, lane)) continue
    let canGain = false
    let best: { item: Item; length: number; urgency: number } | null = null
    let soonest: { item: Item; length: number; end: number } | null = null
    for (const [item, end] of running) {
      const mayGain = item.copies.length === 1
      if (!isFastest && !mayGain) continue
      const length = lengthOn(item, host)
      const gains = mayGain && now + length * (1 + GAIN) < end
      canGain ||= gains
      if (!gains && (!isFastest || (soonest && end >= soonest.end))) continue
      if (item.copies.some(job => job.host === host) || item.refusedBy.has(host.spec.name)) continue
      if (!admits(host.spec, item.node.task) || lane.earliest(item, length) !== now) continue
      if (!soonest || end < soonest.end) soonest = { item, length, end }
      if (!gains) continue
      const urgency = end + (item.rank - item.seconds) / fastest
      if (!best || urgency > best.urgency) best = { item, length, urgency }
    }
    if (!canGain) hopeless = lane
    const chosen = best ?? (isFastest ? soonest : null)
    if (!chosen) continue
    const { item, length } = chosen
    // Two idle hosts need not take the same.
    running.delete(item)
    lane.take(item, now, now + length)
    found.push({ item, host, cores: lane.share, start: now, finish: now + length })
  }
  return found
}

/** The first of the fastest. */
function fastestOf(lanes: readonly Lane[]): Host | null {
  return lanes.reduce<Host | null>((best, { host }) => (!best || host.speed > best.speed ? host : best), null)
}

/** Whether every job takes as long on one as on the other. */
function isAlike(a: Lane, b: Lane): boolean {
  return a.host.speed === b.host.speed && a.host.kind === b.host.kind
}

/** What runs, with when the first of its jobs is expected to end. */
function runningTasks(state: ScheduleState, now: number): Map<Item, number> {
  const found = new Map<Item, number>()
  for (const host of state.hosts) {
    for (const job of host.jobs) {
      if (job.item.phase !== 'running') continue
      found.set(job.item, Math.min(found.get(job.item) ?? Infinity, expectedEnd(state, job, now)))
    }
  }
  return found
}

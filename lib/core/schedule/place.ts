/** Which ready task goes to which host now. */
import { admits, jobLength } from './model.ts'
import { Lane } from './outlook.ts'
import type { Policy } from './policy.ts'
import type { Host, Item, ScheduleState } from './state.ts'

/** A task on a host: at once, or later, where waiting for that host is expected to pay. */
export interface Placement {
  item: Item
  host: Host
  cores: number
  start: number
  finish: number
}

/**
 * Where memory, disk or cores are short, a slot may stay free though much is ready: no more than so many tasks for each slot
 * are looked at that would wait.
 */
const MOST_WAITING = 1

export interface Placing {
  /** What is to be started now. */
  starts: Placement[]
  /** What waits for a host, as far as that was looked at: until every free slot had found a task. */
  waiting: Placement[]
  /** The hosts that take builds, with what they have left. */
  lanes: Lane[]
}

/**
 * Earliest finish time in critical-path order (Topcuoglu, Hariri, Wu 2002), decided as late as possible: each ready task,
 * most urgent first, goes to the host where it is expected to be finished first, also if that host is busy yet; then it
 * waits, and the time that it will take there is not offered to those behind it. With a deadline, a task that a free host
 * would finish in time for all that comes after it does not wait for a better one.
 */
export function place(state: ScheduleState, now: number, policy: Policy): Placing {
  const lanes: Lane[] = []
  let open = 0
  let fastest = 0
  for (const host of state.hosts) {
    if (!host.up || policy.hosts?.has(host.spec.name) === false) continue
    const lane = new Lane(state, host, now)
    lanes.push(lane)
    open += Math.max(0, lane.free)
    fastest = Math.max(fastest, host.speed)
  }
  const starts: Placement[] = []
  const waiting: Placement[] = []
  const slots = lanes.reduce((sum, lane) => sum + lane.host.spec.slots, 0)
  const most = lanes.some(lane => lane.isTight) ? MOST_WAITING * slots : Infinity
  for (const item of state.ready.list) {
    if (open === 0 || waiting.length >= most) break
    const chosen = choose(item, lanes, now, policy, fastest)
    if (!chosen) continue
    const { lane, start, finish } = chosen
    lane.take(item, start, finish)
    const placement = { item, host: lane.host, cores: lane.share, start, finish }
    if (start === now) {
      open--
      starts.push(placement)
    } else {
      waiting.push(placement)
    }
  }
  return { starts, waiting, lanes }
}

interface Choice {
  lane: Lane
  start: number
  finish: number
}

function choose(item: Item, lanes: readonly Lane[], now: number, policy: Policy, fastest: number): Choice | null {
  const { task } = item.node
  let best: Choice | null = null
  let bestNow: Choice | null = null
  let preferred: Choice | null = null
  for (const lane of lanes) {
    const { host, share } = lane
    if (item.refusedBy.size > 0 && item.refusedBy.has(host.spec.name)) continue
    if (!admits(host.spec, task)) continue
    const length = jobLength(task, item.seconds, host.spec, host.speed, share)
    const isPreferred = task.prefer.size > 0 && task.prefer.has(host.spec.name)
    if (
      !isPreferred &&
      best &&
      now + length > best.finish &&
      (lane.free <= 0 || (bestNow && now + length >= bestNow.finish))
    )
      continue
    const start = lane.earliest(item, length)
    const finish = start + length
    const choice = { lane, start, finish }
    if (start === now && (!bestNow || finish < bestNow.finish)) bestNow = choice
    if (isPreferred && start === now && (!preferred || finish < preferred.finish)) preferred = choice
    if (!best || finish < best.finish || (finish === best.finish && start < best.start)) best = choice
  }
  if (preferred) return preferred
  if (!bestNow || best === bestNow) return best
  if (!policy.waits) return bestNow
  const after = (item.rank - task.install - item.seconds) / fastest
  return bestNow.finish + after <= policy.deadline ? bestNow : best
}

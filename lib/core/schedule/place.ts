/** Which ready task goes to which host now. */
import { Lanes, type Choice } from './lanes.ts'
import type { Lane } from './outlook.ts'
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
  /** The hosts that take builds, with what they have left. Empty if nobody has a free slot. */
  lanes: readonly Lane[]
}

/**
 * Earliest finish time in critical-path order (Topcuoglu, Hariri, Wu 2002), decided as late as possible: each ready task,
 * most urgent first, goes to the host where it is expected to be finished first, also if that host is busy yet; then it
 * waits, and the time that it will take there is not offered to those behind it. With a deadline, a task that a free host
 * would finish in time for all that comes after it does not wait for a better one.
 */
export function place(state: ScheduleState, now: number, policy: Policy): Placing {
  if (state.hosts.every(isFull)) return { starts: [], waiting: [], lanes: [] }
  const lanes = new Lanes(state, now, policy)
  let open = 0
  let fastest = 0
  let slots = 0
  for (const { free, host } of lanes.all) {
    open += Math.max(0, free)
    fastest = Math.max(fastest, host.speed)
    slots += host.spec.slots
  }
  const starts: Placement[] = []
  const waiting: Placement[] = []
  const most = lanes.all.some(lane => lane.isTight) ? MOST_WAITING * slots : Infinity
  for (const item of state.ready.list) {
    if (open === 0 || waiting.length >= most) break
    const chosen = choose(item, lanes, policy, fastest)
    if (!chosen) continue
    lanes.take(chosen, item)
    const { lane, start, finish } = chosen
    const placement = { item, host: lane.host, cores: lane.share, start, finish }
    if (start === now) {
      open--
      starts.push(placement)
    } else {
      waiting.push(placement)
    }
  }
  return { starts, waiting, lanes: lanes.all }
}

function isFull({ up, spec, jobs }: Host): boolean {
  return !up || jobs.length >= spec.slots
}

function choose(item: Item, lanes: Lanes, policy: Policy, fastest: number): Choice | null {
  const { task } = item.node
  const preferred = task.prefer.size > 0 ? lanes.preferred(item) : null
  if (preferred) return preferred
  const { best, bestNow } = lanes.best(item)
  if (!bestNow || best === bestNow) return best
  if (!policy.waits) return bestNow
  const after = (item.rank - task.install - item.seconds) / fastest
  return bestNow.finish + after <= policy.deadline ? bestNow : best
}

/** How a schedule goes on if everything takes as long as is expected now. */
import { secondCopies } from './copies.ts'
import { Heap } from './heap.ts'
import { expectedEnd } from './outlook.ts'
import { place, type Placement } from './place.ts'
import type { Policy } from './policy.ts'
import type { Item, Job, ScheduleState } from './state.ts'

export interface Forecast {
  /** When the last task is there. Infinity: some never are, with these hosts. */
  finish: number
  /** When each task is started, or was, by index; NaN: it is not. */
  starts: Float64Array
  ends: Float64Array
}

interface End {
  at: number
  item: Item
  /** null: the client builds it. */
  job: Job | null
}

/**
 * @param state is used up: give a fork
 * @param giveUpAt a finish that is too late to be of interest: the forecast ends with Infinity when it is passed
 * @param factors by index, how much longer than expected what is started takes, without anybody knowing it; null: 1
 */
export function forecast(
  state: ScheduleState,
  now: number,
  policy: Policy,
  giveUpAt = Infinity,
  factors: Float64Array | null = null,
): Forecast {
  const count = state.items.length
  const starts = new Float64Array(count).fill(NaN)
  const ends = new Float64Array(count).fill(NaN)
  const running = new Heap<End>((a, b) => a.at < b.at || (a.at === b.at && a.item.node.index < b.item.node.index))
  let pending = 0
  for (const item of state.items) {
    for (const job of item.copies) running.push({ at: expectedEnd(state, job, now), item, job })
    if (item.phase === 'left' && item.missing === 0) running.push({ at: now + item.seconds, item, job: null })
    if (item.phase === 'built' && item.copies.length === 0) running.push({ at: now, item, job: null })
    if (item.phase !== 'committed' && item.phase !== 'given-up') pending++
  }
  let at = now
  const begin = ({ item, host, cores }: Placement): void => {
    state.apply({ type: 'started', at, task: item.node.task.id, host: host.spec.name, cores })
    const job = item.copies.at(-1)
    if (!job) throw new Error('a job that was started is not there')
    if (Number.isNaN(starts[item.node.index])) starts[item.node.index] = at
    running.push({ at: at + job.length * (factors?.[item.node.index] ?? 1), item, job })
  }
  const commit = ({ item }: End): void => {
    if (item.phase === 'committed' || item.phase === 'given-up') return
    state.apply({ type: 'committed', at, task: item.node.task.id })
    ends[item.node.index] = at
    pending--
    for (const job of [...item.copies]) {
      state.apply({ type: 'cancelled', at, task: item.node.task.id, host: job.host.spec.name })
    }
    for (const { index } of item.node.users) {
      const user = state.items[index]
      if (user?.phase === 'left' && user.missing === 0) running.push({ at: at + user.seconds, item: user, job: null })
    }
  }
  while (pending > 0) {
    const { starts: placed, lanes } = place(state, at, policy)
    for (const placement of placed) begin(placement)
    for (const placement of secondCopies(state, lanes, at, false)) begin(placement)
    let next = running.pop()
    if (!next || next.at > giveUpAt) return { finish: Infinity, starts, ends }
    at = Math.max(at, next.at)
    for (; next; next = running.peek()?.at === at ? running.pop() : undefined) commit(next)
  }
  return { finish: at, starts, ends }
}

/** The cores of a host that nobody else will want go to those that can use them. */
import { jobLength } from './model.ts'
import type { Lane } from './outlook.ts'
import type { Placement, Placing } from './place.ts'
import type { ScheduleState } from './state.ts'

/**
 * Gives a job that starts now the cores of its host's free slots, where nothing ready is left for those slots and the
 * task can use them. A task that everything else waits for gets all of them; any other leaves one slot its share, for
 * what becomes ready soon.
 */
export function lendCores(state: ScheduleState, { starts, waiting, lanes }: Placing): void {
  if (waiting.length > 0 || starts.length < state.ready.list.length) return
  for (const lane of lanes) {
    if (lane.free <= 0) continue
    const here = starts.filter(each => each.host === lane.host && each.item.node.task.parallel > 0)
    let spare = lane.freeCores - starts.filter(each => each.host === lane.host).length * lane.share
    for (const [place, placement] of here.entries()) {
      const kept = isAlone(state, placement) ? 0 : lane.share
      const extra = Math.floor((spare - kept) / (here.length - place))
      if (extra <= 0) continue
      spare -= extra
      lend(placement, lane, extra)
    }
  }
}

function lend(placement: Placement, lane: Lane, extra: number): void {
  const { item, host, start } = placement
  placement.cores = lane.share + extra
  placement.finish = start + jobLength(item.node.task, item.seconds, host.spec, host.speed, placement.cores)
}

/** Nothing else is being built, and nothing else is ready. */
function isAlone(state: ScheduleState, { item }: Placement): boolean {
  return (
    state.ready.list.every(each => each === item) &&
    state.hosts.every(host => host.jobs.every(job => job.item === item))
  )
}

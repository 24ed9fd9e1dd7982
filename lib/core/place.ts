/** Which ready package goes to which host. */
import type { PlannedPackage } from './plan.ts'
import type { RunState } from './run-state.ts'

export interface Placement {
  package: PlannedPackage
  host: string
}

/**
 * The builds to start now: the ready packages in critical-path order (ties by their place in the merge list), each on
 * the host with the largest share of free slots (ties by the order of farm.yaml) that has not failed it before.
 */
export function place(state: RunState): Placement[] {
  const free = new Map<string, { free: number; jobs: number }>()
  for (const [name, host] of state.hosts) {
    if (host.state === 'ready') free.set(name, { free: host.jobs - state.running(name).size, jobs: host.jobs })
  }
  const placements: Placement[] = []
  const ready = state.inState('ready').sort((a, b) => b.rank - a.rank || a.position - b.position)
  for (const each of ready) {
    const failedOn = new Set((state.attempts.get(each.id) ?? []).map(attempt => attempt.host))
    let best: string | null = null
    let share = 0
    for (const [name, slots] of free) {
      if (slots.free > 0 && !failedOn.has(name) && slots.free / slots.jobs > share) {
        best = name
        share = slots.free / slots.jobs
      }
    }
    if (best === null) continue
    placements.push({ package: each, host: best })
    const slots = free.get(best)
    if (slots) slots.free--
  }
  return placements
}

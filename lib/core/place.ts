/** Which ready package goes to which host. */
import type { PlannedPackage } from './plan.ts'
import type { RunState } from './run-state.ts'

export interface Placement {
  package: PlannedPackage
  host: string
  /** What spoke for the host, in words. */
  why: string[]
}

interface Slots {
  free: number
  jobs: number
}

/**
 * The builds to start now: the ready packages in critical-path order (ties by their place in the merge list), each on
 * the host with the largest share of free slots (ties by the order of farm.yaml) that has not failed it before. Hosts
 * that farm.yaml bars from a package never get it; those that it prefers come before others.
 */
export function place(state: RunState): Placement[] {
  const free = new Map<string, Slots>()
  for (const [name, host] of state.hosts) {
    if (host.state === 'ready') free.set(name, { free: host.jobs - state.running(name).size, jobs: host.jobs })
  }
  const placements: Placement[] = []
  const ready = state.inState('ready').sort((a, b) => b.rank - a.rank || a.position - b.position)
  for (const each of ready) {
    const failedOn = new Set((state.attempts.get(each.id) ?? []).map(attempt => attempt.host))
    const open = [...free].filter(([name, slots]) => slots.free > 0 && !failedOn.has(name) && !each.barred.has(name))
    const wanted = open.filter(([name]) => each.preferred.has(name))
    const best = (wanted.length > 0 ? wanted : open).reduce<[string, Slots] | null>(
      (best, other) => (best === null || share(other[1]) > share(best[1]) ? other : best),
      null,
    )
    if (best === null) continue
    const [host, slots] = best
    placements.push({ package: each, host, why: reasons(each, host, slots, failedOn, open.length) })
    slots.free--
  }
  return placements
}

function share({ free, jobs }: Slots): number {
  return free / jobs
}

function reasons(
  { preferred, barred }: PlannedPackage,
  host: string,
  { free, jobs }: Slots,
  failedOn: ReadonlySet<string>,
  open: number,
): string[] {
  const pattern = preferred.get(host)
  return [
    ...(pattern === undefined ? [] : [`farm.yaml prefers ${host} for ${pattern}`]),
    ...[...preferred]
      .filter(([name]) => name !== host && pattern === undefined)
      .map(([name]) => `${name} is preferred, and could not take it`),
    ...[...barred].map(([name, why]) => `farm.yaml keeps it from ${name}: ${why}`),
    ...[...failedOn].map(name => `it failed on ${name}`),
    open === 1 ? `no other host had a free slot for it` : `${free} of ${jobs} slots were free, the largest share`,
  ]
}

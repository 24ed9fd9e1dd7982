/** Which job root a build gets. A root keeps what was installed into it, so that the next build need not repeat it. */
import type { PlannedPackage, RootStep } from './plan.ts'

export interface JobRoot {
  name: string
  busy: boolean
  /** What was installed into it and removed from it since it was a mirror of the client's root. */
  applied: ReadonlySet<string>
}

export interface RootChoice {
  /** The root to go on with; null: a new one. */
  root: JobRoot | null
  /** What it still lacks, in merge list order. */
  missing: RootStep[]
}

/**
 * The free root that lacks least for this build. A root qualifies only if all that happened in it also happens before
 * this package in Portage's merge list: with plain emerge the package would have been built on the same things.
 */
export function chooseRoot(
  roots: Iterable<JobRoot>,
  target: PlannedPackage,
  position: (id: string) => number,
): RootChoice {
  let best: RootChoice = { root: null, missing: target.steps }
  for (const root of roots) {
    if (root.busy) continue
    if ([...root.applied].some(id => position(id) >= target.position)) continue
    const missing = target.steps.filter(step => !root.applied.has(step.id))
    if (isOutOfOrder(root.applied, missing, position)) continue
    if (best.root === null || missing.length < best.missing.length) best = { root, missing }
  }
  return best
}

/** What Portage removes before it merges something else must not be removed after that. */
function isOutOfOrder(
  applied: ReadonlySet<string>,
  missing: readonly RootStep[],
  position: (id: string) => number,
): boolean {
  const last = Math.max(-1, ...[...applied].map(position))
  return missing.some(step => step.operation === 'uninstall' && position(step.id) < last)
}

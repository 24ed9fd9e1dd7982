/** The job roots of one host: which there are, what was done in each, which one a build gets. */
import type { Plan, PlannedPackage, RootStep } from '../../core/plan.ts'
import { chooseRoot, type JobRoot } from '../../core/roots.ts'

interface PooledRoot extends JobRoot {
  busy: boolean
  applied: Set<string>
}

/** A root that a build holds until it gives it back. */
export interface HeldRoot {
  name: string
  /** What must still be installed into it, or removed from it, in this order. */
  missing: RootStep[]
}

export class RootPool {
  readonly #plan: Plan
  readonly #most: number
  readonly #remove: (name: string) => void
  /** Those used longest ago come first. */
  #roots: PooledRoot[] = []
  #next = 1

  /** `most`: how many idle and busy roots are kept in all. `remove` is called for each that is given up. */
  constructor(plan: Plan, most: number, remove: (name: string) => void) {
    this.#plan = plan
    this.#most = most
    this.#remove = remove
  }

  /** The root for a build: one that has much of what it needs, or a new one. */
  take(target: PlannedPackage): HeldRoot {
    const { root, missing } = chooseRoot(this.#roots, target, id => this.#plan.positions.get(id) ?? -1)
    const kept = this.#roots.find(each => each === root)
    const chosen = kept ?? { name: `r${this.#next++}`, busy: true, applied: new Set<string>() }
    chosen.busy = true
    this.#roots = [...this.#roots.filter(each => each !== chosen), chosen]
    return { name: chosen.name, missing }
  }

  /** The build went well: the root is as it should be, with what was missing. */
  giveBack(held: HeldRoot): void {
    const root = this.#roots.find(each => each.name === held.name)
    if (!root) return
    for (const step of held.missing) root.applied.add(step.id)
    root.busy = false
    const idle = this.#roots.filter(each => !each.busy)
    for (const old of idle.slice(0, Math.max(0, this.#roots.length - this.#most))) this.discard(old)
  }

  /** Nobody knows what is in the root: it goes. */
  discard({ name }: { name: string }): void {
    this.#roots = this.#roots.filter(each => each.name !== name)
    this.#remove(name)
  }
}

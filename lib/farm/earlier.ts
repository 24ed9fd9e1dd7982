/** What runs before this one left of use to it. */
import { NOTHING_REUSABLE, reusable, type Reusable, type SystemState } from '../core/run/reuse.ts'
import type { Plan } from '../core/plan.ts'
import type { PlanRequest } from '../core/request.ts'
import { earlierRuns, goesOn, keepForLater } from '../edge/earlier-runs.ts'
import { removeStore } from '../edge/store.ts'
import { systemState } from '../edge/system-state.ts'
import type { WrittenRules } from './mirror-places.ts'

export class Earlier {
  readonly reusable: Reusable
  /** What the run before this one left and cannot be read, in words; null: nothing. */
  readonly damage: string | null
  readonly #state: string
  readonly #request: PlanRequest
  readonly #system: SystemState
  /** By run: the packages that a host may have or be at work on. */
  readonly #running: ReadonlyMap<string, ReadonlySet<string>>

  /** `state`: where the farm keeps what it remembers. `current`: the name of this run. */
  static async look(
    state: string,
    current: string,
    request: PlanRequest,
    plan: Plan,
    rules: WrittenRules,
  ): Promise<Earlier> {
    const repositories = rules.repositories.map(each => each.location)
    const system = await systemState(rules.watched.trees, repositories)
    const runs = await earlierRuns(state, current)
    const found = runs.map(earlier => ({ run: earlier.run, ...reusable(earlier, request, plan, system) }))
    const [last] = runs
    const damage =
      last && last.dropped.length > 0 ? `the log of the run before, ${last.run}: ${last.dropped.join('; ')}` : null
    return new Earlier(state, request, system, found, damage)
  }

  private constructor(
    state: string,
    request: PlanRequest,
    system: SystemState,
    found: readonly (Reusable & { run: string })[],
    damage: string | null,
  ) {
    this.damage = damage
    this.#state = state
    this.#request = request
    this.#system = system
    // The newest run knows what it took from those before it.
    const { committed } = found.find(each => each.committed.size > 0) ?? NOTHING_REUSABLE
    const running = new Map<string, string[]>()
    for (const each of found) {
      for (const [id, hosts] of each.running) {
        if (!committed.has(id)) running.set(id, [...(running.get(id) ?? []), ...hosts])
      }
    }
    this.reusable = { committed, running }
    this.#running = new Map(found.map(each => [each.run, new Set(each.running.keys())]))
  }

  /** The packages of a run that are of use if a host still has them; null: the run is not over, or not of this system. */
  wanted(run: string): ReadonlySet<string> | null {
    if (goesOn(this.#state, run) !== false) return null
    const those = this.#running.get(run) ?? []
    return new Set([...those].filter(id => !this.reusable.committed.has(id)))
  }

  /** Leaves what the next run needs to know of this one in its directory. */
  async leave(directory: string): Promise<void> {
    await keepForLater(directory, this.#request, this.#system)
  }

  /** What the runs before this one committed is of no use any more. */
  async forget(pkgdir: string): Promise<void> {
    await Promise.all([...this.#running.keys()].map(async run => removeStore(pkgdir, run)))
  }
}

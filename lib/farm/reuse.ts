/** What earlier runs left of use to a run: what they committed, and what hosts have not ended. */
import type { PlannedPackage } from '../core/plan.ts'
import type { Finished, Reusable } from '../core/run/reuse.ts'
import type { RunState } from '../core/run/run-state.ts'
import type { StoredPackage } from '../edge/store.ts'
import type { FarmClient, FarmHost } from './parts.ts'

export class Reuse {
  readonly #reusable: Reusable
  readonly #client: FarmClient
  readonly #state: RunState
  readonly #committed: ReadonlyMap<string, StoredPackage>

  /** `committed`: what this run has, as it is at any time. */
  constructor(reusable: Reusable, client: FarmClient, state: RunState, committed: ReadonlyMap<string, StoredPackage>) {
    this.#reusable = reusable
    this.#client = client
    this.#state = state
    this.#committed = committed
  }

  /** The packages that an earlier run began on a host that is up now, and that are still to be built. */
  on(host: FarmHost): string[] {
    return host.leftovers.filter(id => this.#state.packages.get(id)?.state === 'ready')
  }

  /** Whether a host that is not up yet may have the package, or be at work on it. */
  isAwaited(id: string): boolean {
    const hosts = this.#reusable.running.get(id) ?? []
    return hosts.some(name => ['connecting', 'mirroring'].includes(this.#state.hosts.get(name)?.state ?? ''))
  }

  /** Takes a package that an earlier run has committed. Null: there is none that is what it should be. */
  async take(target: PlannedPackage): Promise<(Finished & { stored: StoredPackage }) | null> {
    const found = this.#reusable.committed.get(target.id)
    if (!found || !target.needs.every(need => this.#committed.has(need))) return null
    const outcome = await this.#client.reuse(target, found.path, this.#committed).catch(() => null)
    return outcome && 'stored' in outcome ? { ...found, stored: outcome.stored } : null
  }
}

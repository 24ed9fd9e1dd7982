/**
 * Compares what came back with the plan. Two hosts may have built a package: the second result is looked at only if
 * nothing came of the first.
 */
import { messageOf } from '../core/error.ts'
import type { PlannedPackage } from '../core/plan.ts'
import type { BuildResult } from '../edge/host/job.ts'
import type { StoredPackage } from '../edge/store.ts'
import type { Arrival, FarmClient } from './parts.ts'

/** A build that gave a package. */
export interface Whole {
  target: PlannedPackage
  host: string
  result: BuildResult & { ok: true }
}

export type Verified = Arrival & { from: 'verified' }

export class Verification {
  readonly #client: FarmClient
  readonly #committed: ReadonlyMap<string, StoredPackage>
  readonly #report: (verified: Verified) => void
  /** By package: what waits behind the one that is being compared. */
  readonly #waiting = new Map<string, Whole[]>()

  /**
   * @param committed what is committed, as it is at any time
   * @param report is told of each that was compared, and answers by `next`
   */
  constructor(client: FarmClient, committed: ReadonlyMap<string, StoredPackage>, report: (verified: Verified) => void) {
    this.#client = client
    this.#committed = committed
    this.#report = report
  }

  /** Nothing is being compared, or waits for it. */
  get isIdle(): boolean {
    return this.#waiting.size === 0
  }

  /** Never rejects. */
  async add(whole: Whole): Promise<void> {
    const others = this.#waiting.get(whole.target.id)
    if (others) {
      others.push(whole)
      return
    }
    this.#waiting.set(whole.target.id, [])
    await this.#compare(whole)
  }

  /** Goes on with a package after one of its results was compared. `isDecided`: no other is wanted. Never rejects. */
  async next(id: string, isDecided: boolean): Promise<void> {
    const next = isDecided ? undefined : this.#waiting.get(id)?.shift()
    if (next) await this.#compare(next)
    else this.#waiting.delete(id)
  }

  async #compare({ target, host, result }: Whole): Promise<void> {
    this.#report(await this.#outcome(target, host, result))
  }

  async #outcome(target: PlannedPackage, host: string, result: Whole['result']): Promise<Verified> {
    const { log, elog, arrived } = result
    const about = { package: target.id, host }
    const wrong = (reason: string, fault: 'mismatch' | 'client' = 'mismatch'): Verified => {
      const happening = { type: 'attempt-failed', ...about, fault, reason, log } as const
      return { from: 'verified', happening, stored: null }
    }
    try {
      const outcome = await this.#client.commit(target, result, this.#committed)
      if ('mismatch' in outcome) return wrong(outcome.mismatch)
      const { stored } = outcome
      const happening = { type: 'committed', ...about, path: stored.path, seconds: arrived.seconds } as const
      return { from: 'verified', happening, stored, words: { log, elog } }
    } catch (error) {
      // It could not be read or moved here, whoever built it.
      return wrong(messageOf(error), 'client')
    }
  }
}

/** What is told of a build of the store to the run that waits for it: each thing once, in the order in which it is. */
import type { Happening } from '../../core/event.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import { type Attempt, counting } from '../../core/store/build.ts'
import type { Built, End } from '../../core/store/record.ts'
import type { BuildWords } from '../../core/message.ts'
import type { Arrival } from '../parts.ts'

/** What is brought here before it is told of. */
export interface Bring {
  /** The file of a result, as one that has arrived here. */
  result: (end: Built, worker: string) => Promise<string>
  /** The words that an attempt left. */
  words: (attempt: Attempt, target: PlannedPackage) => Promise<BuildWords>
}

export class Following {
  readonly target: PlannedPackage
  readonly key: string
  readonly #bring: Bring
  readonly #put: (arrival: Arrival) => void
  /** The attempts of which was told that they began, and those of which all was told. */
  readonly #begun = new Set<number>()
  readonly #ended = new Set<number>()
  #phase = ''

  constructor(target: PlannedPackage, key: string, bring: Bring, put: (arrival: Arrival) => void) {
    this.target = target
    this.key = key
    this.#bring = bring
    this.#put = put
  }

  /** The attempt whose result was told of last; null: none was. */
  told: Attempt | null = null

  /** Takes in how its attempts stand. */
  async see(attempts: readonly Attempt[]): Promise<void> {
    const those = counting(attempts)
    for (const attempt of attempts) {
      if (this.#ended.has(attempt.number)) continue
      // What does not count any more is told to its end where its beginning was told.
      if (those.includes(attempt) || this.#begun.has(attempt.number)) await this.#see(attempt)
    }
  }

  /** What its holder says that it is at. */
  phase(attempt: Attempt, phase: string): void {
    if (phase === '' || phase === this.#phase) return
    this.#phase = phase
    this.#say({ type: 'phase', package: this.target.id, host: attempt.claim.worker, phase })
  }

  async #see(attempt: Attempt): Promise<void> {
    const { number, claim, end, verdict } = attempt
    const about = { package: this.target.id, host: claim.worker }
    if (!this.#begun.has(number)) {
      // What came to nothing before anybody here asked is no job of this run, and counts all the same.
      if (end !== null && end.outcome !== 'built') {
        this.#ended.add(number)
        if (end.outcome === 'cancelled' || end.outcome === 'cleared') return
        const fault = end.outcome === 'failed' ? end.fault : 'host'
        const { log } = await this.#bring.words(attempt, this.target)
        this.#say({ type: 'attempt-failed', ...about, fault, reason: `${end.reason} (${RETRY})`, log })
        return
      }
      this.#begun.add(number)
      this.#phase = ''
      this.#say({ type: 'job-started', ...about, attempt: number, cores: claim.cores })
    }
    if (end === null) return
    this.#ended.add(number)
    if (end.outcome === 'cancelled') this.#say({ type: 'job-cancelled', ...about })
    else if (end.outcome === 'superseded') this.#fail(claim.worker, 'host', end.reason)
    else if (end.outcome === 'failed')
      this.#fail(claim.worker, end.fault, end.reason, await this.#bring.words(attempt, this.target))
    else if (verdict?.outcome === 'refused') this.#fail(claim.worker, 'mismatch', verdict.reason)
    else if (end.outcome === 'built') await this.#arrive(attempt, end)
  }

  async #arrive(attempt: Attempt, end: Built): Promise<void> {
    this.told = attempt
    const { worker } = attempt.claim
    const words = await this.#bring.words(attempt, this.target)
    const path = await this.#bring.result(end, worker)
    const { place, size, sha256, seconds, configured, usage } = end
    const arrived = { path, place, size, sha256, seconds, configured, usage }
    this.#put({ from: 'built', target: this.target, host: worker, result: { ok: true, arrived, ...words } })
  }

  #fail(
    host: string,
    fault: (End & { outcome: 'failed' })['fault'],
    reason: string,
    words: BuildWords = { log: null, elog: '' },
  ): void {
    this.#put({ from: 'built', target: this.target, host, result: { ok: false, fault, reason, ...words } })
  }

  #say(happening: Happening): void {
    this.#put({ from: 'host', happening })
  }
}

const RETRY = 'noted in the store; portage-farm retry lets it be tried again'

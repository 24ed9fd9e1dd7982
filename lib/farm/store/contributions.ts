/**
 * What this system has, as it built it itself or has it from an earlier run: given to the store like any worker's result.
 *
 * Builds there may wait for it, and whoever had the store's own build of it may have died before that was committed.
 */
import { basename } from 'node:path'
import { type Attempt, mayClaim } from '../../core/store/build.ts'
import type { Leases } from '../../core/store/leases.ts'
import type { Ledger } from '../../core/store/ledger.ts'
import type { Built } from '../../core/store/record.ts'
import { UNMEASURED } from '../../core/history/observation.ts'
import { copyWhole } from '../../edge/shared/files.ts'
import type { Layout } from '../../edge/shared/layout.ts'
import { digestOf } from '../../edge/store.ts'
import { takeIfSilent } from './take-away.ts'

export interface Contribution {
  /** The package, by its id in the plan. */
  package: string
  key: string
  /** Its file here, and its path within a PKGDIR. */
  path: string
  place: string
  /** Builds in the store wait for it. */
  isAwaited: boolean
}

export interface ContributionParts {
  layout: Layout
  ledger: Ledger
  leases: Leases
  run: string
  /** What this system is called as a worker. */
  name: string
  /** Puts a committed package where other systems find it. Never rejects. */
  offer: (path: string) => Promise<void>
}

/** Seconds after which one who died while it gave something is taken for dead. */
const GIVING = 60
/** Seconds in which somebody else may judge a result that is not what is here. Who takes longer can still use it. */
const JUDGING = 10

export class Contributions {
  readonly #parts: ContributionParts
  readonly #waiting: Contribution[] = []
  /** By path: reading a file once is enough. */
  readonly #digests = new Map<string, Awaited<ReturnType<typeof digestOf>>>()

  constructor(parts: ContributionParts) {
    this.#parts = parts
  }

  add(contribution: Contribution): void {
    this.#waiting.push(contribution)
  }

  /** Gives what can be given now, by what was last looked at. `now`: on a clock that cannot be set, in seconds. */
  async give(now: number): Promise<void> {
    for (const each of [...this.#waiting]) {
      if (await this.#isDone(each, now)) this.#waiting.splice(this.#waiting.indexOf(each), 1)
    }
  }

  async #isDone(contribution: Contribution, now: number): Promise<boolean> {
    const { key, path, isAwaited } = contribution
    const { ledger, run } = this.#parts
    const state = ledger.state(key)
    switch (state.state) {
      case 'committed':
        // By an earlier run, maybe, that ended before it was offered.
        if (await this.#isThis(path, state.attempt.end)) await this.#parts.offer(path)
        return true
      case 'built':
        return this.#isJudged(contribution, state.attempt, now)
      case 'held':
        // What a worker is at work on is waited for: the first of the two counts.
        if (isAwaited) await takeIfSilent(this.#parts, { key, attempt: state.attempt }, run, now)
        return !isAwaited
      case 'failed':
      case 'open':
        return isAwaited ? this.#isGiven(contribution, state) : true
      default:
        return state satisfies never
    }
  }

  /** What an earlier run took and did not get to judge is what is here. Of another build somebody else may think what he likes. */
  async #isJudged({ key, path, isAwaited }: Contribution, { number, end }: Attempt & { end: Built }, now: number) {
    const { ledger, leases, run: by } = this.#parts
    if (await this.#isThis(path, end)) {
      await ledger.judge(key, number, { outcome: 'committed', by })
      return false
    }
    const isForgotten = leases.silence(`${key}.${number} verdict`, '', now) > JUDGING
    if (isAwaited && isForgotten) {
      const reason = `nobody compared it with a plan for ${JUDGING} s`
      await ledger.judge(key, number, { outcome: 'refused', by, reason })
    }
    return !isAwaited
  }

  async #isGiven(contribution: Contribution, state: Parameters<typeof mayClaim>[0]): Promise<boolean> {
    const { key, path, place, package: id } = contribution
    const { layout, ledger, run, name } = this.#parts
    // What failed before, here as well if it took too long, does not matter any more.
    if (mayClaim(state, name) === null) {
      await ledger.clear(key, name)
      return false
    }
    const claim = { package: id, worker: name, plan: run, cores: 0, lease: GIVING }
    const attempt = await ledger.claim(key, claim)
    if (attempt === null) return false
    const file = `${key}.${attempt}.${name}.${basename(place)}`
    await copyWhole(layout, path, layout.in('results', file))
    const result = { file, place, ...(await this.#digestOf(path)), seconds: 0, configured: null, usage: UNMEASURED }
    await ledger.end(key, attempt, { outcome: 'built', ...result, log: null, elog: '' })
    // Seen at the next look to be judged: it is what is here.
    return false
  }

  async #isThis(path: string, { sha256 }: Built): Promise<boolean> {
    return (await this.#digestOf(path)).sha256 === sha256
  }

  async #digestOf(path: string): ReturnType<typeof digestOf> {
    const digest = this.#digests.get(path) ?? (await digestOf(path))
    this.#digests.set(path, digest)
    return digest
  }
}

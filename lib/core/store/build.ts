/** What is true of a build: a fold over its records. */
import type { Built, Claim, End, Verdict } from './record.ts'

export interface Attempt {
  number: number
  claim: Claim
  end: End | null
  verdict: Verdict | null
}

export type BuildState =
  /** Nobody is at it: the next attempt may be claimed. */
  | { state: 'open'; next: number; failures: readonly Failure[] }
  | { state: 'held'; attempt: Attempt; failures: readonly Failure[] }
  /** Built, and not yet compared with the plan. */
  | { state: 'built'; attempt: Attempt & { end: Built } }
  | { state: 'committed'; attempt: Attempt & { end: Built } }
  /** Nobody tries it any more, until somebody clears it. */
  | { state: 'failed'; next: number; failures: readonly Failure[] }

/** An attempt that came to nothing, by whoever's fault. */
export interface Failure {
  attempt: number
  worker: string
  isThePackages: boolean
  reason: string
}

/** A build that failed by itself on so many workers would fail anywhere. */
const MOST_FAILURES = 2
/** After so many attempts that came to nothing, whyever, nobody else tries. */
const MOST_ATTEMPTS = 3

/** `attempts`: in the order of their numbers, from 1, without a gap. */
export function buildState(attempts: readonly Attempt[]): BuildState {
  let failures: Failure[] = []
  for (const attempt of attempts) {
    const { number, claim, end, verdict } = attempt
    if (end === null) return { state: 'held', attempt, failures }
    switch (end.outcome) {
      case 'built':
        if (verdict === null) return { state: 'built', attempt: { ...attempt, end } }
        if (verdict.outcome === 'committed') return { state: 'committed', attempt: { ...attempt, end } }
        failures.push({ attempt: number, worker: claim.worker, isThePackages: false, reason: verdict.reason })
        break
      case 'failed': {
        const isThePackages = end.fault === 'package'
        failures.push({ attempt: number, worker: claim.worker, isThePackages, reason: end.reason })
        break
      }
      case 'superseded':
        failures.push({ attempt: number, worker: claim.worker, isThePackages: false, reason: end.reason })
        break
      case 'cancelled':
        break
      case 'cleared':
        failures = []
        break
      default:
        end satisfies never
    }
  }
  const next = attempts.length + 1
  return { state: isHopeless(failures) ? 'failed' : 'open', next, failures }
}

/** The attempts that still count: those since somebody last wanted to have it tried again. */
export function counting(attempts: readonly Attempt[]): readonly Attempt[] {
  return attempts.slice(attempts.findLastIndex(each => each.end?.outcome === 'cleared') + 1)
}

/**
 * The number of the attempt that a worker may claim; null: none. What it could not do it leaves to others: where all have
 * failed the originator builds it.
 */
export function mayClaim(state: BuildState, worker: string): number | null {
  if (state.state !== 'open' || state.failures.some(each => each.worker === worker)) return null
  return state.next
}

function isHopeless(failures: readonly Failure[]): boolean {
  return failures.length >= MOST_ATTEMPTS || failures.filter(each => each.isThePackages).length >= MOST_FAILURES
}

/** Seconds after which nobody is waited for any more, whatever he said of himself: a day. */
export const LONGEST_LEASE = 86_400

/** A lease that somebody says of himself; null: it is none. */
export function leaseOf(said: unknown): number | null {
  return typeof said === 'number' && said >= 1 && said <= LONGEST_LEASE ? said : null
}

/** Seconds that one look may add to a silence: who was asleep himself did not see others be silent. */
const MOST_AT_ONCE = 3

/**
 * How long others have been silent, by the clock of whoever asks alone: a holder changes its sign of life now and then, and
 * what counts is how long ago it was last seen to change. No two clocks need to agree, nor does anybody's need to be right.
 */
export class Leases {
  readonly #seen = new Map<string, { sign: string; looked: number; silence: number }>()

  /**
   * Takes in a sign of life as it is now, and returns for how long it has been the same; 0 for one that was never seen.
   *
   * @param now on a clock that cannot be set, in seconds
   */
  silence(name: string, sign: string, now: number): number {
    const seen = this.#seen.get(name)
    const silence = seen?.sign === sign ? seen.silence + Math.min(now - seen.looked, MOST_AT_ONCE) : 0
    this.#seen.set(name, { sign, looked: now, silence })
    return silence
  }

  /** It is over with. */
  forget(name: string): void {
    this.#seen.delete(name)
  }
}

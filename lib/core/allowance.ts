/** How much may be had: so much at once, and what has become free since. */
export class Allowance {
  readonly #most: number
  readonly #inASecond: number
  #left: number
  #at: number | null = null

  constructor(atOnce: number, inASecond: number) {
    this.#most = atOnce
    this.#inASecond = inASecond
    this.#left = atOnce
  }

  /** Takes so much, at a time in seconds of any clock; false: there was not so much left. */
  take(amount: number, now: number): boolean {
    const since = Math.max(0, now - (this.#at ?? now))
    this.#at = now
    this.#left = Math.min(this.#most, this.#left + since * this.#inASecond) - amount
    return this.#left >= 0
  }
}

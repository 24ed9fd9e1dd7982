/** How fast a host is, learnt from the jobs that end there. */

/** How doubtful a host's first speed is: the variance of its logarithm. */
const FIRST_DOUBT = 0.01
/** By how much that grows from job to job, as hosts may become slow and fast again. */
const DRIFT = 0.0003

/**
 * What is believed of the logarithm of a host's speed: a Kalman filter of one dimension (Kalman 1960). Where estimates
 * are good, one late job tells that the host is slow; where they are noise, it takes many.
 */
export class SpeedBelief {
  #doubt = FIRST_DOUBT

  /** Somebody measured it: there is no more doubt than at first. */
  know(): void {
    this.#doubt = FIRST_DOUBT
  }

  /**
   * How far the logarithm of the speed moves by a job.
   *
   * @param rest the logarithm of the expected over the actual seconds
   * @param noise the variance of that where hosts are as they are known
   */
  shift(rest: number, noise: number): number {
    const gain = this.#doubt / (this.#doubt + noise)
    this.#doubt = (1 - gain) * this.#doubt + DRIFT
    return gain * rest
  }

  copy(): SpeedBelief {
    const copy = new SpeedBelief()
    copy.#doubt = this.#doubt
    return copy
  }
}

/** How fast hosts are, learnt from packages that were built on more than one. */
import type { Observation } from './observation.ts'

/** Rounds of the alternating fit: each halves the error at least, and ten make it far smaller than any noise. */
const ROUNDS = 10

/**
 * How many packages' worth of doubt a host begins with: so much evidence for "as fast as the others" is assumed, so that
 * one odd build does not make a host ten times as fast.
 */
const DOUBT = 1

/**
 * Each host's speed, 1 being the geometric mean over the observations; a host that shares no package with another has 1.
 *
 * Seconds are taken for a product of the package's size and the host's slowness, with noise that is a factor too: in
 * logarithms a two-way additive model, fitted by alternating least squares with a ridge for the hosts.
 */
export function hostSpeeds(observations: readonly Observation[]): Map<string, number> {
  const samples = observations
    .filter(each => each.seconds > 0)
    .map(each => ({ cpv: each.cpv, host: each.host, log: Math.log(each.seconds) }))
  const hosts = new Map(samples.map(each => [each.host, 0]))
  const packages = new Map(samples.map(each => [each.cpv, 0]))
  for (let round = 0; round < ROUNDS; round++) {
    means(
      samples,
      packages,
      each => each.cpv,
      each => each.log - (hosts.get(each.host) ?? 0),
      0,
    )
    means(
      samples,
      hosts,
      each => each.host,
      each => each.log - (packages.get(each.cpv) ?? 0),
      DOUBT,
    )
  }
  return new Map([...hosts].map(([host, slowness]) => [host, Math.exp(-slowness)]))
}

interface Sample {
  cpv: string
  host: string
  log: number
}

/** Sets each key's value to the mean of its samples' rests, as if `doubt` more samples had a rest of 0. */
function means(
  samples: readonly Sample[],
  values: Map<string, number>,
  keyOf: (sample: Sample) => string,
  restOf: (sample: Sample) => number,
  doubt: number,
): void {
  const sums = new Map<string, { sum: number; count: number }>()
  for (const sample of samples) {
    const found = sums.get(keyOf(sample)) ?? { sum: 0, count: doubt }
    sums.set(keyOf(sample), { sum: found.sum + restOf(sample), count: found.count + 1 })
  }
  for (const [key, { sum, count }] of sums) values.set(key, sum / count)
}

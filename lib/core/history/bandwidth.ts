/** How fast bytes travel between here and hosts. */
import type { Observation } from './observation.ts'

/** Smaller transfers tell of ssh and rsync, which take their time to begin, and not of the line. */
const LEAST_BYTES = 1 << 20
/** How many of the newest transfers count: lines become others. */
const NEWEST = 20

/** Bytes a second by host, for those with transfers that were large enough to tell. */
export function bandwidths(observations: readonly Observation[]): Map<string, number> {
  const transfers = new Map<string, { bytes: number; seconds: number; count: number }>()
  for (const { host, bytes, transferSeconds } of observations.toSorted((a, b) => b.at - a.at)) {
    if (bytes === null || transferSeconds === null || bytes < LEAST_BYTES || transferSeconds <= 0) continue
    const sum = transfers.get(host) ?? { bytes: 0, seconds: 0, count: 0 }
    if (sum.count === NEWEST) continue
    transfers.set(host, { bytes: sum.bytes + bytes, seconds: sum.seconds + transferSeconds, count: sum.count + 1 })
  }
  return new Map([...transfers].map(([host, { bytes, seconds }]) => [host, bytes / seconds]))
}

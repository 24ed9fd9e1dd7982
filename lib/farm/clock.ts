/**
 * Milliseconds since the epoch, as this process knew them when it began and has counted on from there: nothing that is
 * concluded from times of events changes when somebody sets the clock.
 */
export function now(): number {
  return Math.round(performance.timeOrigin + performance.now())
}

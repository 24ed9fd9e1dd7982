/** How builds spread over cores: see amdahl.ts. */
import type { Observation } from './observation.ts'

/** The part that spreads, where nobody measured it: most of compiling does, nothing of configuring. */
export const DEFAULT_PARALLEL = 0.5

/**
 * The part of a build that spreads, by the cores that it was given and the CPU seconds that it took: with n cores it keeps
 * `1 / (1 - p + p/n)` of them busy on average. null: it was not measured, or had one core only.
 */
export function parallelPart({ cores, cpuSeconds, seconds }: Observation): number | null {
  if (cores === null || cores < 2 || cpuSeconds === null || cpuSeconds <= 0) return null
  const busy = cpuSeconds / seconds
  return Math.min(1, Math.max(0, (1 - 1 / busy) / (1 - 1 / cores)))
}

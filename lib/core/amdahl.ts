/**
 * Amdahl's law (1967): what is left of a second of work on `cores` cores.
 *
 * @param parallel the part of it that spreads over cores, 0 to 1
 * @param statedFor for how many cores it is a second. Default 1.
 */
export function amdahl(parallel: number, cores: number, statedFor = 1): number {
  return 1 - parallel + (parallel * statedFor) / cores
}

import type { Random } from '../../lib/core/schedule/random.ts'

/** One of them, the same for the same seed. */
export function pick<T>(random: Random, from: readonly T[]): T {
  const found = from[Math.floor(random() * from.length)]
  if (found === undefined) throw new Error('there is nothing to choose from')
  return found
}

/** What was removed where, for a person. */
import type { Removed } from '../core/keep.ts'
import { bytes } from '../core/units.ts'

export function cleanedLines(
  cleaned: readonly ({ place: string } & ({ removed: readonly Removed[] } | { reason: string }))[],
  pretend: boolean,
): string[] {
  return cleaned.flatMap(each => {
    if ('reason' in each) return [`${each.place}: could not be cleaned (${each.reason})`]
    const { place, removed } = each
    if (removed.length === 0) return [`${place}: nothing to remove`]
    const total = removed.reduce((sum, { bytes: some }) => sum + some, 0)
    return [
      `${place}: ${pretend ? 'would remove' : 'removed'} ${bytes(total)}`,
      ...removed.map(({ name, bytes: some, days }) => `  ${name} (${bytes(some)}, last used ${ago(days)})`),
    ]
  })
}

function ago(days: number): string {
  return days === 0 ? 'today' : days === 1 ? 'a day ago' : `${days} days ago`
}

/** The number of letters to insert, remove or replace to make one word of the other (Levenshtein). */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [index, letter] of Array.from(a).entries()) {
    const next = [index + 1]
    for (let column = 1; column <= b.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** How people write the same key: knownHosts, known_hosts, Known-Hosts. */
const letters = (word: string) => word.toLowerCase().replace(/[^a-z]/g, '')

/**
 * The candidate that a word was probably meant to be, or null. Spelling (case, `-`, `_`) does not count; at most a
 * third of the letters may be wrong, and never more than three. A tie goes to the first candidate.
 */
export function suggest(word: string, candidates: readonly string[]): string | null {
  const given = letters(word)
  // Longer than any key with three letters too many: no use to compare, and a megabyte would take its time.
  if (given === '' || given.length > 40) return null
  let best: string | null = null
  let least = Math.min(3, Math.max(1, Math.ceil(given.length / 3))) + 1
  for (const candidate of candidates) {
    const found = distance(given, letters(candidate))
    if (found < least) [best, least] = [candidate, found]
  }
  return best
}

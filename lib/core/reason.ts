/** Why something failed, where a host has a hand in the words: for people, who read no more than a few lines. */

/** Characters. */
const LONGEST = 2048

export function asReason(words: string): string {
  return words.slice(0, LONGEST)
}

/** Of words of which the last count. */
export function asLastWords(words: string): string {
  return words.slice(-LONGEST)
}

/** Quoting for a shell on another host. ssh joins its arguments with spaces and gives the line to the user's shell. */

/** Characters that no POSIX shell treats specially, wherever they stand in a word. */
const PLAIN = /^[A-Za-z0-9_/.:@%+=,-]+$/

/** One word, as any POSIX shell reads it. A NUL cannot be passed to a program at all, so it throws. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new Error('an argument with a NUL byte cannot be passed to a program')
  // A leading "=" or "~" is expanded by some shells; a leading "-" is the program's to understand.
  if (PLAIN.test(word) && !/^[=]/.test(word)) return word
  return `'${word.replaceAll("'", `'\\''`)}'`
}

/** A whole command line. */
export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

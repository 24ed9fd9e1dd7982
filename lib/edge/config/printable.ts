/**
 * What could move the cursor, hide or reorder text, or look like an ordinary space: control and format characters,
 * line separators, lone surrogates, and blanks other than the space.
 */
const TREACHEROUS = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|[^\S ]/gu

const escape = (char: string) => `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`

/** Code points: what editors count as columns, and near enough to what a terminal shows. */
export const toCharacters = (text: string): string[] => Array.from(text)

export const countCharacters = (text: string): number => toCharacters(text).length

/** The text with its treacherous characters written as `\uXXXX`, or as `substitute`. */
export function printable(text: string, substitute?: string): string {
  return text.replace(TREACHEROUS, char => substitute ?? escape(char))
}

/** One line of at most `limit` characters that shows the text: for messages. */
export function brief(text: string, limit = 60): string {
  const line = text.replace(/\r?\n[^]*$/, '…')
  const characters = toCharacters(line)
  return printable(characters.length > limit ? `${characters.slice(0, limit).join('')}…` : line)
}

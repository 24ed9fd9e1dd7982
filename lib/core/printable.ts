/**
 * Text for a terminal, whoever said it. Control characters, with which a host could move the cursor or cover what was said
 * before, are shown as their numbers; tabs and ends of lines stay.
 */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, each =>
    each === '\n' || each === '\t' ? each : `\\x${each.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

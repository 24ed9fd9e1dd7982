/**
 * Text for a terminal, whoever said it. Control characters, with which a host could move the cursor or cover what was said
 * before, are shown as their numbers, and so are those that change the direction of what follows; tabs and ends of lines
 * stay. Halves of characters, which no encoding has, are replaced.
 */
export function printable(text: string): string {
  return text
    .replaceAll(/\p{Cs}/gu, '\uFFFD')
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, each =>
      each === '\n' || each === '\t' ? each : `\\${numbered(each.charCodeAt(0).toString(16))}`,
    )
}

function numbered(hex: string): string {
  return hex.length <= 2 ? `x${hex.padStart(2, '0')}` : `u${hex.padStart(4, '0')}`
}

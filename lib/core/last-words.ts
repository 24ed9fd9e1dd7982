/** What a program complained of before it ended, out of what it printed or Portage saved. */

/** Enough for a path and what is wrong with it; the whole is in the log. */
const MOST = 300

/** What moves a terminal's cursor, colours it or names its window (ECMA-48): sequences first, then single characters. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const FOR_TERMINALS = /\u001B\[[0-?]*[ -/]*[@-~]|\u001B\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|\p{Cc}/gu

/** A line of Portage's that complains: `!!! …`, ` * …`. */
const COMPLAINT = /^(?:!!!|\*) *(.*)$/
/** What such lines have that say nothing by themselves. */
const HEADING = /^(?:Messages for package |IMPORTANT: |$)/

/** Empty if it said nothing. The output may be a host's, and is one line of harmless words afterwards. */
export function lastWords(output: string): string {
  const lines = output.split('\n').map(cleaned)
  const complaint = lines.flatMap(line => COMPLAINT.exec(line)?.[1] ?? []).findLast(text => !HEADING.test(text))
  const said = lines.filter(line => line !== '' && !/^(?:!!!|\*)$/.test(line))
  return shortened(complaint ?? said.findLast(line => !line.startsWith('>>>')) ?? said.at(-1) ?? '')
}

/** Where an elog file of Portage's tells of an error: under the heading of its phase, or where an ebuild has died. */
const ERROR = /^ERROR: (?:\S+ failed \((\w+) phase\):|(\w+))$(?=\n *(.*))/gm

/**
 * The phase that a build failed in, and the first words of why, out of the messages that Portage saved; empty if they tell of
 * no error. They may be a host's, and are one line of harmless words afterwards.
 */
export function errorIn(elog: string): string {
  const [, died, phase, words = ''] = [...elog.matchAll(ERROR)].at(-1) ?? []
  const name = died ?? phase
  return name === undefined ? '' : shortened(`${name} phase: ${cleaned(words)}`)
}

/** As it would be seen: what comes after a carriage return covers what is before it. */
function cleaned(line: string): string {
  const seen = line
    .split('\r')
    .map(part => part.replaceAll(FOR_TERMINALS, '').trim())
    .filter(part => part !== '')
  return seen.at(-1) ?? ''
}

function shortened(text: string): string {
  return text.length <= MOST ? text : `${text.slice(0, MOST - 2).trimEnd()} …`
}

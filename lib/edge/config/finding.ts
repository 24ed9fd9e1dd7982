/** A problem before its place is turned into a line and a column. */
import type { Source } from './source.ts'
import { countCharacters } from './printable.ts'
import { MAX_PROBLEMS, type ConfigProblem } from './problem.ts'

export interface Finding {
  /** Where it begins: an offset into the text, in UTF-16 units. */
  start: number
  /** Where it ends, exclusive; it may be lines below, or equal to `start`. */
  end: number
  message: string
  hint: string
  /** How far the text reaches that the finding was drawn from, if beyond `end`. */
  reach?: number
}

function locate({ start, end, message, hint }: Finding, source: Source, file: string): ConfigProblem {
  const { text } = source
  // YAML reports a missing end behind the last line break: the last line with something in it is the better place.
  const offset = Math.max(0, Math.min(start, text.trimEnd().length))
  const from = source.startOfLine(offset)
  const line = text.slice(from, source.endOfLine(offset)).replace(/\r$/, '')
  const until = Math.min(end, from + line.trimEnd().length)
  return {
    file,
    line: source.lineOf(offset),
    column: countCharacters(text.slice(from, offset)) + 1,
    length: Math.max(1, countCharacters(text.slice(offset, until))),
    message,
    hint,
    source: line,
  }
}

/**
 * The problems of a text in its order, each once (what stands below an anchor is found once for each alias), and the
 * number of those beyond MAX_PROBLEMS.
 */
export function toProblems(
  findings: Finding[],
  source: Source,
  file: string,
): { problems: ConfigProblem[]; omitted: number } {
  const sorted = findings.toSorted((a, b) => a.start - b.start)
  const seen = new Set<string>()
  const unique = sorted.filter(({ start, hint, message }) => {
    // Not the path, which tells the aliases apart.
    const key = `${start} ${hint} ${message.slice(message.indexOf(' '))}`
    return !seen.has(key) && seen.add(key)
  })
  const problems = unique.slice(0, MAX_PROBLEMS).map(finding => locate(finding, source, file))
  return { problems, omitted: unique.length - problems.length }
}

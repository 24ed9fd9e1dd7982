/** What is wrong with farm.yaml, located, and how it is told. */
import { countCharacters, printable, toCharacters } from './printable.ts'

export interface ConfigProblem {
  /** The file, as it was named to the reader. */
  file: string
  /** From 1. What concerns the whole file is at 1:1. */
  line: number
  /** From 1, in characters. */
  column: number
  /** How many characters of the line are meant, at least 1. */
  length: number
  /** What is wrong, in one line. */
  message: string
  /** What to write or do instead, in one line. */
  hint: string
  /** The line of the file as it stands there, or null if the file could not be read. */
  source: string | null
}

/** How many problems of a file are told at most: whoever has more reads the first ones first. */
export const MAX_PROBLEMS = 20

/** How much of a long line is shown, in characters. */
const WINDOW = 100

/** Control characters of the file must not reach the terminal; a tab stays, so that the caret line can repeat it. */
const shown = (characters: string[]) => characters.map(char => (char === '\t' ? char : printable(char, '�'))).join('')

/** The part of a line around the problem, and what stands before the caret: the same width, tabs kept. */
function excerpt(source: string, column: number, length: number) {
  const line = toCharacters(source)
  const start = line.length > WINDOW ? Math.max(0, Math.min(column - 1 - WINDOW / 2, line.length - WINDOW)) : 0
  const before = shown(line.slice(start, column - 1))
  const rest = shown(line.slice(column - 1, start + WINDOW))
  const ellipsis = start > 0 ? '…' : ''
  return {
    text: ellipsis + before + rest + (start + WINDOW < line.length ? '…' : ''),
    indent: (ellipsis + before).replace(/[^\t]/gu, ' '),
    carets: '^'.repeat(Math.max(1, Math.min(length, countCharacters(rest)))),
  }
}

/**
 * The problem as compilers tell it: `file:line:column: message`, the line with carets below what is wrong, and the
 * hint. Several lines, without colour, without a newline at the end; safe for a terminal whatever the file holds.
 */
export function formatProblem(problem: ConfigProblem): string {
  const { file, line, column, length, message, hint, source } = problem
  const lines = [`${printable(file)}:${line}:${column}: ${message}`]
  const gutter = ' '.repeat(String(line).length)
  if (source !== null) {
    const { text, indent, carets } = excerpt(source, column, length)
    lines.push(`  ${line} | ${text}`.trimEnd(), `  ${gutter} | ${indent}${carets}`)
  }
  lines.push(`  ${gutter} = ${hint}`)
  return lines.join('\n')
}

/** All problems of a file, and how many more there are that are not told. */
export function formatProblems({ problems, omitted }: { problems: ConfigProblem[]; omitted: number }): string {
  const texts = problems.map(formatProblem)
  if (omitted > 0) texts.push(`… and ${omitted} more`)
  return texts.join('\n')
}

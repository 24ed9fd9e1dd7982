/** What YAML has against a text: in the library's words, which are for those who write parsers, and in ours. */
import type { YAMLError } from 'yaml'
import type { Finding } from './finding.ts'
import { brief } from './printable.ts'
import type { Source } from './source.ts'

type Words = [message: string, hint: string]

const TAB: Words = ['a tab is used as indentation, which YAML does not allow', 'write spaces instead of the tab']
const DEEPER: Words = [
  'the line is indented deeper than the key above, so that it continues the value there',
  'begin it exactly below the key above',
]
const INDENT: Words = [
  'the line begins neither below the key above nor below what that belongs to',
  'begin all options of a host exactly below each other, and all hosts likewise',
]
const COLON: Words = ['a key without a colon', 'write a colon and a space after the key, as in ssh: root@big.lan']
const UNCLOSED: Words = ['a quote or bracket is not closed before this', 'write the missing quote or bracket']
const UNEXPECTED: Words = ['this does not belong here', 'remove it, or put the whole value in quotes']
const TAG: Words = ['tags such as !!binary or !name are not supported', 'write the value without the tag']

/** By the library's code and message: the first that fits. */
const table: [RegExp, Words][] = [
  [/^TAB_AS_INDENT/, TAB],
  [/^BLOCK_AS_IMPLICIT_KEY .*mapping/, ['two keys in one line', 'put a value that has a colon in it in quotes']],
  [/^MULTILINE_IMPLICIT_KEY|be followed by map values/, COLON],
  [/^BAD_INDENT Flow|Missing closing|must end with a/, UNCLOSED],
  [/^BAD_INDENT|without - indicator|same column/, INDENT],
  [/^BAD_SCALAR_START/, ['a value cannot begin with this character', 'put the value in quotes']],
  [/^UNEXPECTED_TOKEN .*(?:at node end|flow-|empty item)/, UNEXPECTED],
  [/^TAG_RESOLVE_FAILED|^MULTIPLE_TAGS|^BAD_COLLECTION_TYPE/, TAG],
  [/^BAD_DQ_ESCAPE/, ['a \\ between double quotes has a meaning of its own', "use '…' instead of double quotes"]],
  [/^BAD_DIRECTIVE/, ['directives (lines that begin with %) are not supported', 'remove the line']],
  [/Comments must be separated/, ['a # needs a space before it to begin a comment', 'write a space before the #']],
]

/** The tab in the indentation of a line: the library stumbles over it by several names. */
function indentTab(source: Source, offset: number): number | null {
  const start = source.startOfLine(offset)
  const tab = /^ *\t/.exec(source.text.slice(start, start + 1000))
  return tab === null ? null : start + tab[0].length - 1
}

/**
 * The library stumbles where a value begins behind its key, if a key in the next line seems to go on with it: this is
 * where that next line begins, behind its blanks.
 */
function deeper(source: Source, start: number): number | null {
  const { text } = source
  const end = source.endOfLine(start)
  if (/:(?:\s|$)/.test(text.slice(start, end)) || !/:[ \t]+$/.test(text.slice(source.startOfLine(start), start)))
    return null
  const blanks = /^\s*(?=\S)/.exec(text.slice(end, end + 1000))
  return blanks === null ? null : end + blanks[0].length
}

/** Whether it is a tab in the indentation, behind which little is certain. */
export const isTab = ({ message }: Finding) => message === TAB[0]

function toFinding(start: number, end: number, [message, hint]: Words): Finding {
  return { start, end, message, hint }
}

/** @param error An error or a warning of the library for this source. */
export function translate(error: YAMLError, source: Source): Finding {
  const { text } = source
  const start = Math.max(0, Math.min(error.pos[0], text.length))
  const end = error.pos[1]
  const tab = error.name === 'YAMLParseError' ? indentTab(source, start) : null
  if (tab !== null) return toFinding(tab, tab + 1, TAB)

  if (error.code === 'BLOCK_AS_IMPLICIT_KEY' || error.code === 'MULTILINE_IMPLICIT_KEY') {
    const next = deeper(source, start)
    if (next !== null) return toFinding(next, next, DEEPER)
  }
  const words = table.find(([pattern]) => pattern.test(`${error.code} ${error.message}`))?.[1]
  if (words === INDENT) {
    const blanks = /^ */.exec(text.slice(start, start + 1000))?.[0].length ?? 0
    return toFinding(start + blanks, end, words)
  }
  return toFinding(
    start,
    end,
    words ?? [
      `this is not YAML: ${brief(error.message, 120)}`,
      'put a value that has : # [ ] { } , & * ! | > % @ or quotes in it between quotes',
    ],
  )
}

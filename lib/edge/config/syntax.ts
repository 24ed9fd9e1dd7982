/** Text to a YAML document, and what YAML itself has against it. */
import { messageOf } from '../../core/error.ts'
import { Composer, Lexer, Parser, type Document, type CST, type YAMLError } from 'yaml'
import type { Finding } from './finding.ts'
import { brief } from './printable.ts'
import type { Source } from './source.ts'
import { isTab, translate } from './yaml-words.ts'

/**
 * The limits are far beyond any farm (a host with every option is 70 tokens) and keep the time of reading, which
 * the number of tokens and errors decides, to a few seconds. The depth has to be held before the library composes:
 * it recurses, and V8 aborts the process if the stack ends inside a regular expression.
 */
const MAX_DEPTH = 50
const MAX_TOKENS = 100_000
const MAX_TOKEN_LENGTH = 65_536

/** YAML 1.2 with its core types and nothing else, whatever a `%YAML` line says. Repeated keys are tree.ts's. */
const OPTIONS = {
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const

type Token = CST.Token

export type YamlDocument = Document.Parsed

export interface Syntax {
  /** The first document; null if there is none that can be looked at. */
  document: YamlDocument | null
  /** What makes the document differ from what was meant: nothing beyond the first of these is certain. */
  errors: Finding[]
  /** What is clear and not wanted. */
  refusals: Finding[]
}

/** The library goes on after an error, mostly with errors that follow from it: the first of each line will do. */
function firstOfEachLine(errors: YAMLError[], source: Source): Finding[] {
  const findings: Finding[] = []
  let end = -1
  for (const error of errors.toSorted((a, b) => a.pos[0] - b.pos[0])) {
    if (error.pos[0] <= end) continue
    findings.push(translate(error, source))
    end = source.endOfLine(error.pos[0])
  }
  // Behind a tab, only further tabs are certain.
  const tab = findings.findIndex(isTab)
  return tab === -1 ? findings : findings.filter((finding, index) => index < tab || isTab(finding))
}

/** What the lexer inserts: the begin of a document, the end of a broken collection, "a scalar is next". */
const MARKS = ['\u0002', '\u0018', '\u001f']

function tooMuch(depth: number, tokens: number, token: string, offset: number): Finding | null {
  const at = (message: string, hint: string): Finding => ({ start: offset, end: offset, message, hint })
  if (depth > MAX_DEPTH) {
    return at(`lists and maps are nested more than ${MAX_DEPTH} deep`, 'no option needs more than four levels')
  }
  if (tokens > MAX_TOKENS) return at('the file has too much in it', `keep it below ${MAX_TOKENS} words and signs`)
  if (token.length > MAX_TOKEN_LENGTH) {
    return at('the value is too long', `keep values below ${MAX_TOKEN_LENGTH} characters`)
  }
  return null
}

/** The tokens of the text, or what exceeds a limit. */
function tokenize(text: string): Token[] | Finding {
  const parser = new Parser()
  const parsed: Token[] = []
  let count = 0
  let offset = 0
  for (const token of new Lexer().lex(text)) {
    count += 1
    parsed.push(...parser.next(token))
    const finding = tooMuch(parser.stack.length, count, token, offset)
    if (finding !== null) return finding
    if (!MARKS.includes(token)) offset += token.length
  }
  parsed.push(...parser.end())
  return parsed
}

/** The first document, and where a second one begins: that one is not looked at. */
function compose(tokens: Token[], length: number): { document: YamlDocument; second: Finding | null } {
  const composer = new Composer(OPTIONS)
  const documents: YamlDocument[] = []
  let second: Finding | null = null
  let begun = 0
  for (const token of tokens) {
    if (token.type === 'document' && ++begun > 1) {
      const message = 'a second document begins here: the file must be one document'
      second = { start: token.offset, end: token.offset + 3, message, hint: 'remove the line with ---' }
      break
    }
    documents.push(...composer.next(token))
  }
  documents.push(...composer.end(true, length))
  const document = documents[0]
  if (document === undefined) throw new Error('The composer gave no document')
  return { document, second }
}

export function parseSyntax(source: Source): Syntax {
  const { text } = source
  try {
    const tokens = tokenize(text)
    if (!Array.isArray(tokens)) return { document: null, errors: [tokens], refusals: [] }
    const { document, second } = compose(tokens, text.length)
    const refusals = document.warnings.map(warning => translate(warning, source))
    if (second !== null) refusals.push(second)
    return { document, errors: firstOfEachLine(document.errors, source), refusals }
  } catch (error) {
    // No text is known that the library throws for; should there be one, it is still the text's fault.
    const message = `this is not YAML: ${brief(messageOf(error), 120)}`
    const finding = { start: 0, end: 0, message, hint: 'write it as examples/farm.yaml is' }
    return { document: null, errors: [finding], refusals: [] }
  }
}

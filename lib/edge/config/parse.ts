/** The text of a farm.yaml to what it means, or to everything that is wrong with it. */
import type { FarmConfig } from '../../core/config.ts'
import { complete } from './complete.ts'
import { findDuplicates } from './duplicates.ts'
import { findBoth } from './either.ts'
import { toProblems, type Finding } from './finding.ts'
import type { ConfigProblem } from './problem.ts'
import { checkShape } from './shape.ts'
import { Source } from './source.ts'
import { parseSyntax } from './syntax.ts'
import { toTree } from './tree.ts'

export type Parsed = { ok: true; config: FarmConfig } | { ok: false; problems: ConfigProblem[]; omitted: number }

/** Behind the first syntax error the values may be other than was meant: what is found there would only confuse. */
function certain(findings: Finding[], errors: Finding[], source: Source): Finding[] {
  const first = errors[0]
  if (first === undefined) return findings
  const line = source.startOfLine(first.start)
  return findings.filter(({ start, end, reach = end }) => start < line && reach <= line)
}

/**
 * Parses farm.yaml. Never throws, whatever the text.
 * @param file The name of the file, for the problems only.
 */
export function parseFarmConfig(text: string, file: string): Parsed {
  const source = new Source(text)
  const refuse = (findings: Finding[]): Parsed => ({ ok: false, ...toProblems(findings, source, file) })
  const { document, errors, refusals } = parseSyntax(source)
  if (document === null) return refuse(errors)
  if (
    document.contents === null ||
    (document.contents.range[0] === document.contents.range[1] && errors.length === 0)
  ) {
    if (errors.length > 0 || refusals.length > 0) return refuse([...errors, ...refusals])
    const message = text.trim() === '' ? 'the file is empty' : 'the file has nothing in it'
    return refuse([{ start: 0, end: 0, message: `${message}: it must name at least one host`, hint: FIRST }])
  }
  const tree = toTree(document, source)
  const { file: values, findings } = checkShape(tree, text)
  const others = [...tree.findings, ...findings, ...findDuplicates(tree, source), ...findBoth(tree)]
  const all = [...errors, ...refusals, ...certain(others, errors, source)]
  return all.length > 0 || values === null ? refuse(all) : { ok: true, config: complete(values) }
}

const FIRST = 'write for instance: hosts: [root@big.lan]'

import type { FarmConfig } from '../../core/config.ts'
import { toProblems } from './finding.ts'
import { parseFarmConfig } from './parse.ts'
import type { ConfigProblem } from './problem.ts'
import { Source } from './source.ts'
import { readText } from './text.ts'

export type FarmConfigResult =
  | { ok: true; config: FarmConfig }
  | {
      ok: false
      /** There is no such file: for some callers that is no error. A link to nowhere is not meant. */
      missing: boolean
      /** In the order of the file; at least one, at most MAX_PROBLEMS. */
      problems: ConfigProblem[]
      /** How many more there are. */
      omitted: number
    }

/**
 * Reads farm.yaml. Whatever is wrong with the file, or with reaching it, is a value and never thrown: all of it at
 * once, each at its line and column.
 */
export async function readFarmConfig(path: string): Promise<FarmConfigResult> {
  const read = await readText(path)
  if (read.ok) {
    const parsed = parseFarmConfig(read.text, path)
    return parsed.ok ? parsed : { missing: false, ...parsed }
  }
  const { problems, omitted } = toProblems(read.findings, new Source(read.text ?? ''), path)
  const unread = read.text === null ? { source: null } : {}
  return { ok: false, missing: read.missing, problems: problems.map(problem => ({ ...problem, ...unread })), omitted }
}

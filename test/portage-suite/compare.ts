/** Portage's tests with stock emerge beside the same tests with the shim. */
import type { Outcome } from './suite.ts'

export interface Row {
  test: string
  /** What came of it, by the name of the way; `missing` if it was not run there. */
  outcomes: Record<string, Outcome['outcome'] | 'missing'>
  /** It passes with stock emerge, and not in every other way. */
  worse: boolean
}

/** One row for each test, by its name. The first way is the one that the others are measured by. */
export function compare(results: ReadonlyMap<string, readonly Outcome[]>): Row[] {
  const ways = [...results.keys()]
  const found = new Map<string, Row['outcomes']>()
  for (const [way, outcomes] of results) {
    for (const { test, outcome } of outcomes) {
      const row = found.get(test) ?? Object.fromEntries(ways.map(each => [each, 'missing' as const]))
      row[way] = outcome
      found.set(test, row)
    }
  }
  return [...found]
    .map(([test, outcomes]) => {
      const [stock, ...others] = ways.map(way => outcomes[way])
      return { test, outcomes, worse: stock === 'passed' && others.some(each => each !== 'passed') }
    })
    .sort((a, b) => (a.test < b.test ? -1 : 1))
}

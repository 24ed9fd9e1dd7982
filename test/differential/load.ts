/** Finds the scenarios. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Scenario } from './scenario.ts'

/** All scenarios, in the order of the families' files and in these. A file of scenarios/ exports a list, `scenarios`. */
export async function loadScenarios(): Promise<Scenario[]> {
  const directory = join(import.meta.dirname, 'scenarios')
  const files = (await readdir(directory)).filter(name => /\.[jt]s$/.test(name)).sort()
  const found: Scenario[] = []
  for (const file of files) {
    const family = (await import(pathToFileURL(join(directory, file)).href)) as { scenarios: Scenario[] }
    found.push(...family.scenarios)
  }
  const names = found.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw new Error(`two scenarios are named ${twice}`)
  return found
}

/** Whether a scenario's name matches a pattern: parts of names with commas between them, `*` for anything. */
export function matches(name: string, pattern: string): boolean {
  return pattern.split(',').some(part => {
    const expression = part
      .split('*')
      .map(word => word.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')
    return new RegExp(expression).test(name)
  })
}

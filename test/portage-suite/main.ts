/**
 * Portage's own tests for emerge, with stock emerge and with the shim in its place.
 *
 *   npm run portage-suite                          with Portage 3.0.83
 *   npm run portage-suite -- --portage 3.0.52      with that version
 *   npm run portage-suite -- --only 'slot or gpkg' the tests that the expression, pytest's -k, selects
 *   npm run portage-suite -- --json                a line for each test, as JSON
 *
 * Exits with 0 if every test that passes with stock emerge passes in all other ways too.
 */
import { parseArgs } from 'node:util'
import { PORTAGE } from '../lab/images.ts'
import { missing } from '../lab/lab.ts'
import { compare, type Row } from './compare.ts'
import { type Outcome, runSuite } from './suite.ts'
import { WAYS } from './ways.ts'

const { values } = parseArgs({
  options: {
    portage: { type: 'string', default: PORTAGE },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})

process.exitCode = await main()

async function main(): Promise<number> {
  const lacking = await missing()
  if (lacking.length > 0) {
    process.stderr.write(`This machine cannot carry a lab. It lacks:\n${lacking.map(each => `  ${each}\n`).join('')}`)
    return 2
  }
  const results = new Map<string, Outcome[]>()
  for (const way of WAYS) {
    const began = Date.now()
    const { outcomes, farmed } = await runSuite(values.portage, way, values.only)
    results.set(way.name, outcomes)
    const passed = outcomes.filter(each => each.outcome === 'passed').length
    const seconds = Math.round((Date.now() - began) / 1000)
    tell(`Portage ${values.portage}, ${way.name}: ${passed} of ${outcomes.length} passed in ${seconds} s`)
    tell(farmed > 0 ? `, ${farmed} merges by the farm's Scheduler\n` : '\n')
  }
  const rows = compare(results)
  if (values.json) for (const row of rows) process.stdout.write(`${JSON.stringify(row)}\n`)
  for (const row of rows.filter(each => each.worse)) explain(row, results)
  const worse = rows.filter(each => each.worse).length
  const baseline = rows.filter(each => each.outcomes[WAYS[0]?.name ?? ''] === 'passed').length
  tell(`${baseline} of ${rows.length} tests pass with stock emerge; ${baseline - worse} of these in every other way\n`)
  return worse === 0 && baseline > 0 ? 0 : 1
}

function explain({ test, outcomes }: Row, results: ReadonlyMap<string, readonly Outcome[]>): void {
  for (const [way, outcome] of Object.entries(outcomes)) {
    if (outcome === 'passed') continue
    const text = results.get(way)?.find(each => each.test === test)?.text ?? ''
    tell(`\n${test}\n  ${outcome}: ${way}\n${text.replace(/^/gm, '    ')}\n`)
  }
}

/** What is not for programs: they read the JSON lines alone. */
function tell(text: string): void {
  ;(values.json ? process.stderr : process.stdout).write(text)
}

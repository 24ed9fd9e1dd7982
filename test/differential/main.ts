/**
 * npm run differential -- [--list] [--only PATTERN] [--portage VERSION,…] [--store] [--json] [--verbose]
 *
 * Exits with 0 if all scenarios are equal, with 1 if one is not, with 2 if nothing could be run.
 */
import { parseArgs } from 'node:util'
import { PORTAGE } from '../lab/images.ts'
import { missing } from '../lab/missing.ts'
import { keepWorking } from '../lab/worker.ts'
import { Pair } from './harness.ts'
import { loadScenarios, matches } from './load.ts'
import { humanLines, jsonLine } from './print.ts'

const { values } = parseArgs({
  options: {
    /** Prints names and what they prove, and runs nothing. */
    list: { type: 'boolean', default: false },
    /** Parts of names, with commas between them; `*` is anything. Default: all scenarios. */
    only: { type: 'string', default: '*' },
    /** Versions of Portage, with commas between them: all scenarios with each. Default: the lab's. */
    portage: { type: 'string', default: PORTAGE },
    /** A farm without a network: the builders are workers of a store. */
    store: { type: 'boolean', default: false },
    /** One line of JSON a scenario. */
    json: { type: 'boolean', default: false },
    /** Prints to stderr what both emerges of a scenario printed. */
    verbose: { type: 'boolean', default: false },
  },
})

async function main(): Promise<number> {
  const named = (await loadScenarios()).filter(({ name }) => matches(name, values.only))
  const scenarios = named.filter(({ network = false }) => !(network && values.store))
  if (scenarios.length === 0) return complain(`no scenario matches "${values.only}": see --list`)
  if (values.list) {
    for (const { name, proves } of scenarios) console.log(`${name}: ${proves}`)
    return 0
  }
  const lacking = await missing()
  if (lacking.length > 0) return complain(`this machine cannot carry a lab: ${lacking.join('; ')}`)
  for (const { name } of named.filter(each => !scenarios.includes(each))) {
    console.error(`differential: ${name} is left out, as it needs a network`)
  }
  let unequal = 0
  for (const portage of values.portage.split(',')) {
    const pair = await Pair.start({ portage, ...(values.store ? { workers: keepWorking } : {}) })
    try {
      for (const scenario of scenarios) {
        const result = await pair.run(scenario)
        if (!result.equal) unequal++
        console.log(values.json ? jsonLine(result) : humanLines(result).join('\n'))
        if (values.verbose) console.error(`plain:\n${result.output.plain}\nfarm:\n${result.output.farm}`)
      }
    } finally {
      await pair.stop()
    }
  }
  return unequal === 0 ? 0 : 1
}

function complain(text: string): number {
  console.error(`differential: ${text}`)
  return 2
}

process.exitCode = await main()

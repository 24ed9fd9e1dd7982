/**
 * npm run chaos -- [--store] [--seed N] [--faults N] [--builders N] [--kinds KIND,KIND]
 *
 * A real farm, real emerge, random graphs, random faults at random moments, until so many faults were done. Prints a line
 * for people a round to stderr, and at the end one line of JSON. Exits with 0 if every merge came to what plain emerge
 * makes of it, nothing was built twice without reason and nothing is left on any host.
 */
import { parseArgs } from 'node:util'
import { Pair } from '../differential/harness.ts'
import { missing } from '../lab/missing.ts'
import { FAULTS } from './faults.ts'
import { STORE_FAULTS, workOn } from './store-faults.ts'
import { playRound, type Round, type Strike } from './round.ts'

const { values } = parseArgs({
  options: {
    /** The same seed makes the same graphs and the same choices of faults; what they meet is another each time. */
    seed: { type: 'string', default: '1' },
    faults: { type: 'string', default: '20' },
    builders: { type: 'string', default: '3' },
    /** A farm without a network: the builders are workers of a store. */
    store: { type: 'boolean', default: false },
    /** Faults to choose from. */
    kinds: { type: 'string' },
  },
})

/** Faults of one round at the most: its merge is to come to an end. */
const A_ROUND = 20

process.exitCode = await main()

async function main(): Promise<number> {
  const [seed, faults, builders] = [values.seed, values.faults, values.builders].map(Number)
  if (seed === undefined || !faults || !builders) {
    process.stderr.write('chaos: --seed, --faults and --builders are numbers\n')
    return 2
  }
  const all = values.store ? STORE_FAULTS : FAULTS
  const kinds = values.kinds?.split(',') ?? Object.keys(all)
  const unknown = kinds.filter(each => !Object.hasOwn(all, each))
  if (unknown.length > 0) {
    process.stderr.write(`chaos: no fault is called ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}\n`)
    return 2
  }
  const lacking = await missing()
  if (lacking.length > 0) {
    process.stderr.write(`chaos: this machine cannot carry a lab: ${lacking.join('; ')}\n`)
    return 2
  }
  const pair = await Pair.start({ builders, settableClocks: true, ...(values.store ? { workers: workOn } : {}) })
  const rounds: Round[] = []
  try {
    const done = (): number => rounds.reduce((sum, round) => sum + round.strikes.length, 0)
    while (done() < faults) {
      const round = await playRound(
        pair.plain,
        pair.farm,
        seed,
        rounds.length,
        Math.min(A_ROUND, faults - done()),
        Object.fromEntries(kinds.flatMap(kind => (all[kind] ? [[kind, all[kind]]] : []))),
      )
      rounds.push(round)
      process.stderr.write(`${lineOf(round, rounds.length)}\n${round.strikes.map(wordsOf).join(', ')}\n`)
    }
  } finally {
    await pair.stop()
  }
  const bad = rounds.flatMap(each => [...each.differences, ...each.rebuilt, ...each.leftovers])
  process.stdout.write(`${JSON.stringify({ seed, rounds: rounds.length, ...sum(rounds) })}\n`)
  return bad.length === 0 ? 0 : 1
}

function lineOf(round: Round, number: number): string {
  const { strikes, tries, seconds, builds, failed, differences, leftovers, rebuilt } = round
  const verdict =
    differences.length + leftovers.length + rebuilt.length === 0 ? 'as with plain emerge' : 'NOT as it must be'
  return `round ${number}: ${strikes.length} faults, ${tries} emerges, ${builds} builds, ${failed} of them failed, ${Math.round(seconds)} s: ${verdict}`
}

function wordsOf({ kind, host, told }: Strike): string {
  const what = told === null ? [] : 'clock' in told ? [`${told.clock} s`] : [told.finished]
  return [kind, host, ...what].join(' ')
}

function sum(rounds: readonly Round[]): object {
  const faults: Record<string, number> = {}
  const cost: Record<string, number> = {}
  for (const round of rounds) {
    for (const { kind } of round.strikes) faults[kind] = (faults[kind] ?? 0) + 1
    for (const [kind, seconds] of Object.entries(round.cost)) cost[kind] = (cost[kind] ?? 0) + seconds
  }
  return {
    faults,
    cost,
    emerges: rounds.reduce((all, each) => all + each.tries, 0),
    builds: rounds.reduce((all, each) => all + each.builds, 0),
    duplicates: rounds.flatMap(each => each.duplicates),
    rebuilt: rounds.flatMap(each => each.rebuilt),
    differences: rounds.flatMap(each => each.differences),
    leftovers: rounds.flatMap(each => each.leftovers),
  }
}

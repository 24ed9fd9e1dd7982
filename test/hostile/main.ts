/**
 * Hosts that attack: an agent that does (agent.py) in the place of the real one, or one whose every answer a seed alters
 * (between.py), and the library as it is.
 *
 *   npm run hostile                       a line for each way, and what came of it
 *   npm run hostile -- --json             as JSON: name, tried, refusedBy, seconds, memory (MiB), events
 *   npm run hostile -- --only WORD        the ways whose names have the word
 *   npm run hostile -- --seed N           a host that the seed N alters, and none of the ways; also several times
 *   npm run hostile -- --seed N --seeds COUNT    so many, from N on
 *   npm run hostile -- --at-once N        so many side by side; 1 by default
 *
 * Exits with 1 if one came to something else than it must, took longer or more than it may, or left anything.
 */
import { parseArgs } from 'node:util'
import { inTurn, judgeSeed, judgeWay, type Judged } from './judge.ts'
import { WAYS } from './ways.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    seed: { type: 'string', multiple: true, default: [] },
    seeds: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '1' },
  },
})

function number(option: string, text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text)
  process.stderr.write(`hostile: --${option} takes a number, not ${text}\n`)
  process.exit(2)
}

const count = number('seeds', values.seeds)
const seeds = values.seed.flatMap(text => Array.from({ length: count }, (_, index) => number('seed', text) + index))
const ways = Object.keys(WAYS).filter(each => each.includes(values.only))
const tries =
  seeds.length > 0 ? seeds.map(seed => async () => judgeSeed(seed)) : ways.map(way => async () => judgeWay(way))

function tell(line: Judged): void {
  const { name, tried, wrong, refusedBy } = line
  const words = `${wrong === undefined ? 'ok' : 'NOT OK'}  ${name}: ${tried} -> ${wrong ?? String(refusedBy)}`
  process.stdout.write(`${values.json ? JSON.stringify(line) : words}\n`)
  if (wrong !== undefined) process.exitCode = 1
}

await inTurn(tries, number('at-once', values['at-once']), async judge => {
  tell(await judge())
})

/**
 * Hosts that attack: an agent that does (agent.py) in the place of the real one, and the library as it is.
 *
 *   npm run hostile                   a line for each way, and what came of it
 *   npm run hostile -- --json         as JSON: name, tried, refusedBy, seconds, memory (MiB), events
 *   npm run hostile -- --only WORD    the ways whose names have the word
 *
 * Exits with 1 if a way came to something else than it must, took longer or more than it may, or left anything.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { messageOf } from '../../lib/core/error.ts'
import type { Attacked } from './way.ts'
import { WAYS, type Way } from './ways.ts'

/** Seconds, MiB and events that no way may take more of. */
const MOST = { seconds: 60, memory: 600, events: 120 }

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
})

async function attack(name: string): Promise<Attacked> {
  const script = join(import.meta.dirname, 'way.js')
  const { stdout } = await promisify(execFile)(process.execPath, [script, name], { timeout: 2 * MOST.seconds * 1000 })
  return JSON.parse(stdout) as Attacked
}

/** What is wrong with what came of a way; null if nothing is. */
function wrongWith({ end }: Way, found: Attacked): string | null {
  if (!end.test(found.end)) return `it came to ${found.end.slice(0, 300)}`
  if (found.harm.length > 0) return `it left ${found.harm.join(', ')}`
  const over = (['seconds', 'memory', 'events'] as const).find(each => found[each] > MOST[each])
  return over === undefined ? null : `${Math.round(found[over])} ${over} are more than ${MOST[over]}`
}

for (const [name, way] of Object.entries(WAYS).filter(([each]) => each.includes(values.only))) {
  const found = await attack(name).catch((error: unknown) => messageOf(error))
  const wrong = typeof found === 'string' ? found : wrongWith(way, found)
  const figures =
    typeof found === 'string'
      ? { refusedBy: null, seconds: null, memory: null, events: null }
      : {
          refusedBy: found.end === 'built' ? 'of no consequence' : found.end.slice(0, 200),
          seconds: Number(found.seconds.toFixed(2)),
          memory: Math.round(found.memory),
          events: found.events,
        }
  const line = { name, tried: way.tried, ...figures, ...(wrong === null ? {} : { wrong }) }
  const words = `${wrong === null ? 'ok' : 'NOT OK'}  ${name}: ${way.tried} -> ${wrong ?? String(line.refusedBy)}`
  process.stdout.write(`${values.json ? JSON.stringify(line) : words}\n`)
  if (wrong !== null) process.exitCode = 1
}

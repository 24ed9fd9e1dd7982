/** Lets one host attack, in a process of its own, and says what is wrong with what came of it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf } from '../../lib/core/error.ts'
import type { Attacked } from './client.ts'
import { WAYS } from './ways.ts'

/** Seconds, MiB and events that no way may take more of. What a seed alters may have several answers come late, one by one. */
const MOST = { seconds: 60, memory: 600, events: 120 }
const SEED_SECONDS = 90

/** What a host of a seed may come to: refused by a name, or built, as the honest one builds it. */
const SEED_END = /^(?:built$|(?:host|package|mismatch|fetch|unfit): .)/s

/** As it is told: the same fields for each. */
export interface Judged {
  name: string
  tried: string
  refusedBy: string | null
  seconds: number | null
  memory: number | null
  events: number | null
  /** Absent: nothing is. */
  wrong?: string
}

/** `name`: of WAYS. */
export async function judgeWay(name: string): Promise<Judged> {
  const way = WAYS[name]
  if (!way) throw new Error(`there is no way ${name}`)
  return judged(name, way.tried, await attack('way', name), way.end, MOST)
}

export async function judgeSeed(seed: number): Promise<Judged> {
  const found = await attack('seed', String(seed))
  const tried = typeof found === 'string' ? 'it did not come to an end' : (found.tried ?? '')
  return judged(`seed-${seed}`, tried, found, SEED_END, { ...MOST, seconds: SEED_SECONDS })
}

/** Does so many at a time of what waits more than it computes. */
export async function inTurn<T>(all: readonly T[], atOnce: number, work: (each: T) => Promise<void>): Promise<void> {
  const left = [...all]
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function attack(script: 'way' | 'seed', name: string): Promise<Attacked | string> {
  const path = join(import.meta.dirname, `${script}.js`)
  const options = { timeout: 2 * SEED_SECONDS * 1000, killSignal: 'SIGKILL' } as const
  return promisify(execFile)(process.execPath, [path, name], options).then(
    ({ stdout }) => JSON.parse(stdout) as Attacked,
    messageOf,
  )
}

function judged(name: string, tried: string, found: Attacked | string, may: RegExp, most: typeof MOST): Judged {
  if (typeof found === 'string') {
    return { name, tried, refusedBy: null, seconds: null, memory: null, events: null, wrong: found }
  }
  const { end, seconds, memory, events, harm } = found
  const over = (['seconds', 'memory', 'events'] as const).find(each => found[each] > most[each])
  const wrong = !may.test(end)
    ? `it came to ${end.slice(0, 1000)}`
    : harm.length > 0
      ? `it left ${harm.join(', ')}`
      : over && `${Math.round(found[over])} ${over} are more than ${most[over]}`
  return {
    ...{ name, tried, refusedBy: end === 'built' ? 'of no consequence' : end.slice(0, 200) },
    ...{ seconds: Number(seconds.toFixed(2)), memory: Math.round(memory), events },
    ...(wrong === undefined ? {} : { wrong }),
  }
}

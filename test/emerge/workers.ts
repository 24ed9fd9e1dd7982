/** What the tests of a farm without a network share: its workers, and what its store says of builds. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { parseEvents } from '../../lib/core/event-log.ts'
import type { FarmEvent } from '../../lib/core/event.ts'
import { parseRecordName, type Records } from '../../lib/core/store/record.ts'
import type { LabHost } from '../lab/host.ts'
import type { Lab } from '../lab/lab.ts'
import { eventually, type Worker } from '../lab/worker.ts'
import { leftovers } from './support.ts'

export { begun, eventually, startWorkers, whoSays, type Worker } from '../lab/worker.ts'

/** Ends all workers: each says so, and had no trouble. */
export async function endWorkers(t: Test, workers: readonly Worker[]): Promise<void> {
  for (const each of workers) {
    const { code } = await each.end()
    t.equal(code, 0, each.said)
    t.match(each.said, /left; looked \d+ times/, each.name)
    t.notMatch(each.said, /cannot be read|could not build/, each.name)
  }
}

export type StoredAttempt = { key: string; attempt: number } & Partial<Records>

/** All attempts that the store knows of. */
export async function attempts(lab: Lab): Promise<StoredAttempt[]> {
  const directory = join(lab.store ?? '', 'records')
  const found = new Map<string, StoredAttempt>()
  for (const name of (await readdir(directory)).sort()) {
    const { key, attempt, place } = parseRecordName(name) ?? {}
    if (key === undefined || attempt === undefined || place === undefined) throw new Error(`${name} is no record`)
    const id = `${key}.${attempt}`
    const record: unknown = JSON.parse(await readFile(join(directory, name), 'utf8'))
    found.set(id, { ...(found.get(id) ?? { key, attempt }), [place]: record })
  }
  return [...found.values()]
}

/** The attempts at packages of the newest plan, by cpv. */
export async function attemptsAt(lab: Lab, cpv: string): Promise<StoredAttempt[]> {
  const plans = join(lab.store ?? '', 'plans')
  const run = (await readdir(plans)).sort().at(-1) ?? ''
  const { keys } = JSON.parse(await readFile(join(plans, run, 'plan.json'), 'utf8')) as { keys: Record<string, string> }
  const key = keys[`${cpv}::gentoo`]
  return (await attempts(lab)).filter(each => each.key === key)
}

/** The events of the newest plan, as the store has them. */
export async function storedEvents(lab: Lab): Promise<FarmEvent[]> {
  const plans = join(lab.store ?? '', 'plans')
  const run = (await readdir(plans)).sort().at(-1) ?? ''
  return parseEvents(await readFile(join(plans, run, 'events.jsonl'), 'utf8')).events
}

/** What each attempt came to, for comparing: `worker-a superseded`, `worker-b built committed`. */
export function stories(those: readonly StoredAttempt[]): string[] {
  return those.map(({ claim, end, verdict }) =>
    [claim?.worker ?? 'nobody', end?.outcome ?? 'at work', ...(verdict ? [verdict.outcome] : [])].join(' '),
  )
}

/** No build is left that somebody is at, no result that nobody judged, and no file that is not whole. */
export async function storeIsTidy(t: Test, lab: Lab): Promise<void> {
  const open = (await attempts(lab)).filter(each => !each.end || (each.end.outcome === 'built' && !each.verdict))
  t.strictSame(open, [], 'every claim has its end, and every result its verdict')
  for (const name of ['signs', 'scratch']) t.strictSame(await readdir(join(lab.store ?? '', name)), [], name)
}

/** No process, mount or directory of a job is left on a host, within seconds. */
export async function hostIsTidy(t: Test, host: LabHost, seconds = 10): Promise<void> {
  let left: string[] = []
  const isEmpty = async (): Promise<true | null> => {
    left = await leftovers(host)
    return left.length === 0 ? true : null
  }
  await eventually(isEmpty, seconds).catch(() => undefined)
  t.strictSame(left, [], `${host.name}: nothing is left`)
}

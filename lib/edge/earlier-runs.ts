/** The directories of runs as those find them that come after: whose run goes on, and what a broken one left. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EarlierRun, SystemState } from '../core/run/reuse.ts'
import type { PlanRequest } from '../core/request.ts'
import { parseEvents } from '../core/event-log.ts'

/** How many runs back something may still be used. */
const RUNS_BACK = 5

const OWNER = 'owner'
const PLAN = 'plan.json'
const SYSTEM = 'system.json'

/**
 * The name of a run that begins now, behind those of all before it: also after the clock was set back.
 *
 * @param tail makes it unique
 */
export function nameRun(state: string, now: Date, tail: string): string {
  const [, newest] = /^(\d{8}-\d{6})-/.exec(namesOf(state)[0] ?? '') ?? []
  const time = timestamp(now)
  return `${newest === undefined || time > newest ? time : secondAfter(newest)}-${tail}`
}

/** `YYYYMMDD-HHMMSS` in UTC, as Portage names its logs. */
function timestamp(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}

function secondAfter(time: string): string {
  const iso = time.replace(/^(....)(..)(..)-(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6Z')
  return timestamp(new Date(Date.parse(iso) + 1000))
}

/** Notes that the run is this process's, before anything else is known of it. */
export function claimRun(state: string, run: string): void {
  const directory = join(state, 'runs', run)
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  writeFileSync(join(directory, OWNER), identity(process.pid))
}

/** It came to nothing, not even to a plan. */
export async function disclaimRun(state: string, run: string): Promise<void> {
  await rm(join(state, 'runs', run), { recursive: true, force: true })
}

/** Keeps what those need to know who come after. */
export async function keepForLater(directory: string, request: PlanRequest, system: SystemState): Promise<void> {
  await writeFile(join(directory, PLAN), JSON.stringify(request))
  await writeFile(join(directory, SYSTEM), JSON.stringify(system))
}

/** A run, as far as its directory tells. `dropped`: what its event log has that is no event, in words. */
export type FoundRun = EarlierRun & { dropped: string[] }

/** The runs that were broken off, or ended and may have left something, newest first. `state`: as for RunLog. */
export async function earlierRuns(state: string, current: string): Promise<FoundRun[]> {
  const planned = namesOf(state).filter(run => existsSync(join(state, 'runs', run, PLAN)))
  const ended = planned.filter(run => run !== current && !goesOn(state, run))
  const found = await Promise.all(ended.slice(0, RUNS_BACK).map(async run => read(join(state, 'runs', run), run)))
  return found.flatMap(each => each ?? [])
}

/** Whether the process of a run is there; of one that nobody knows anything about, null. */
export function goesOn(state: string, run: string): boolean | null {
  return existsSync(join(state, 'runs', run)) ? ownerOf(state, run) !== null : null
}

/** The runs whose process is there, with its number. */
export function livingRuns(state: string): { run: string; pid: number }[] {
  return namesOf(state).flatMap(run => {
    const pid = ownerOf(state, run)
    return pid === null ? [] : [{ run, pid }]
  })
}

/** Newest first: names begin with the time. */
function namesOf(state: string): string[] {
  const runs = join(state, 'runs')
  return existsSync(runs) ? readdirSync(runs).sort().reverse() : []
}

/** The number of a run's process; null: it is not there any more. */
function ownerOf(state: string, run: string): number | null {
  try {
    const owner = readFileSync(join(state, 'runs', run, OWNER), 'utf8')
    const pid = Number(owner.split(' ')[0])
    return isIdentityAlive(owner) ? pid : null
  } catch {
    return null
  }
}

async function read(directory: string, run: string): Promise<FoundRun | null> {
  try {
    const [plan, system, log] = await Promise.all(
      [PLAN, SYSTEM, 'events.jsonl'].map(async name => readFile(join(directory, name), 'utf8')),
    )
    const { events, dropped } = parseEvents(log ?? '')
    return {
      run,
      request: JSON.parse(plan ?? '') as PlanRequest,
      system: JSON.parse(system ?? '') as SystemState,
      events,
      dropped,
    }
  } catch {
    // It never came to a plan, or was cut while that was written: there is nothing to use.
    return null
  }
}

/** Whether who has written down its `identity` is there. */
export function isIdentityAlive(owner: string): boolean {
  return owner !== '' && identity(Number(owner.split(' ')[0])) === owner
}

/** A process by its number and the time that it started (proc_pid_stat(5), field 22): numbers are used again. */
export function identity(pid: number): string {
  try {
    const [state = '', ...fields] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    // One that has ended, and nobody has asked how, is there no more.
    return 'ZX'.includes(state) ? '' : `${pid} ${fields[18] ?? ''}`
  } catch {
    return ''
  }
}

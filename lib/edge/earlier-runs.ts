/** The directories of runs as those find them that come after: whose run goes on, and what a broken one left. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EarlierRun, SystemState } from '../core/run/reuse.ts'
import type { PlanRequest } from '../core/request.ts'
import { parseEvents } from '../core/event-log.ts'

/** How many runs back something may still be used. */
const RUNS_BACK = 5

const OWNER = 'owner'
const PLAN = 'plan.json'
const SYSTEM = 'system.json'

/** Notes that the run is this process's. */
export function claimRun(directory: string): void {
  writeFileSync(join(directory, OWNER), identity(process.pid))
}

/** Keeps what those need to know who come after. */
export async function keepForLater(directory: string, request: PlanRequest, system: SystemState): Promise<void> {
  await writeFile(join(directory, PLAN), JSON.stringify(request))
  await writeFile(join(directory, SYSTEM), JSON.stringify(system))
}

/** The runs that were broken off, or ended and may have left something, newest first. `state`: as for RunLog. */
export async function earlierRuns(state: string, current: string): Promise<EarlierRun[]> {
  const runs = join(state, 'runs')
  const names = existsSync(runs) ? readdirSync(runs).sort().reverse() : []
  const ended = names.filter(name => name !== current && !goesOn(state, name)).slice(0, RUNS_BACK)
  const found = await Promise.all(ended.map(async run => read(join(runs, run), run)))
  return found.flatMap(each => each ?? [])
}

/** Whether the process of a run is there; of one that nobody knows anything about, null. */
export function goesOn(state: string, run: string): boolean | null {
  try {
    const owner = readFileSync(join(state, 'runs', run, OWNER), 'utf8')
    return owner !== '' && identity(Number(owner.split(' ')[0])) === owner
  } catch {
    return existsSync(join(state, 'runs', run)) ? false : null
  }
}

async function read(directory: string, run: string): Promise<EarlierRun | null> {
  try {
    const [plan, system, log] = await Promise.all(
      [PLAN, SYSTEM, 'events.jsonl'].map(async name => readFile(join(directory, name), 'utf8')),
    )
    const { events } = parseEvents(log ?? '')
    return {
      run,
      request: JSON.parse(plan ?? '') as PlanRequest,
      system: JSON.parse(system ?? '') as SystemState,
      events,
    }
  } catch {
    // It never came to a plan, or was cut while that was written: there is nothing to use.
    return null
  }
}

/** A process by its number and the time that it started (proc_pid_stat(5), field 22): numbers are used again. */
function identity(pid: number): string {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return `${pid} ${fields[19] ?? ''}`
  } catch {
    return ''
  }
}

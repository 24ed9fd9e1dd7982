/** The append-only log of a run: one event a line. It is what resuming, history and reports read. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../core/error.ts'
import { parseEvents, type ParsedLog } from '../core/event-log.ts'
import type { FarmEvent, HostRoom } from '../core/event.ts'
import { goesOn } from './earlier-runs.ts'

/** Runs whose logs are kept. */
const KEPT_RUNS = 50

export class RunLog {
  readonly directory: string
  readonly #fd: number
  readonly #onTrouble: (reason: string) => void
  #isBroken = false

  /**
   * @param state the farm's directory for what it remembers; old runs beyond the last fifty are removed, but those that go on
   * @param onTrouble is told once if nothing more can be written: the run goes on without
   */
  constructor(state: string, run: string, onTrouble: (reason: string) => void) {
    this.#onTrouble = onTrouble
    const runs = join(state, 'runs')
    this.directory = join(runs, run)
    mkdirSync(this.directory, { recursive: true, mode: 0o755 })
    for (const old of readdirSync(runs).sort().slice(0, -KEPT_RUNS)) {
      // A long one sees fifty others come and go.
      if (goesOn(state, old) !== true) rmSync(join(runs, old), { recursive: true, force: true })
    }
    this.#fd = openSync(join(this.directory, 'events.jsonl'), 'a', 0o644)
  }

  /** One write for one line, so that a crash cuts at most the last one. */
  append(event: FarmEvent): void {
    if (this.#isBroken) return
    try {
      const line = Buffer.from(JSON.stringify(event) + '\n')
      const written = writeSync(this.#fd, line)
      if (written < line.length) throw new Error(`${written} of ${line.length} bytes were written`)
    } catch (error) {
      // What comes later would stand behind half a line.
      this.#isBroken = true
      this.#onTrouble(messageOf(error))
    }
  }

  close(): void {
    closeSync(this.#fd)
  }
}

export type ReadRun = ({ ok: true; run: string } & ParsedLog) | { ok: false; reason: string }

/** The events of a run; of the newest, if `run` is null. `state`: as for RunLog. */
export async function readRun(state: string, run: string | null): Promise<ReadRun> {
  const newest = knownRuns(state)
  const runs = join(state, 'runs')
  const [last] = newest
  if (last === undefined) return { ok: false, reason: `there is no run of the farm in ${runs} yet` }
  const name = run ?? last
  if (!newest.includes(name)) {
    const few = newest.slice(0, 10).map(each => `  ${each}`)
    return { ok: false, reason: [`there is no run ${name} in ${runs}; the newest are:`, ...few].join('\n') }
  }
  return { ok: true, run: name, ...parseEvents(await readFile(logOf(state, name), 'utf8')) }
}

/** The runs that have a log, newest first. */
function knownRuns(state: string): string[] {
  const runs = join(state, 'runs')
  const known = existsSync(runs) ? readdirSync(runs).filter(name => existsSync(logOf(state, name))) : []
  // Names begin with the time.
  return known.toSorted().reverse()
}

function logOf(state: string, run: string): string {
  return join(state, 'runs', run, 'events.jsonl')
}

/** How many runs are looked through for a host that was not part of the newest. */
const RUNS_BACK = 20

/** What hosts had when they last joined a run, by name. `state`: as for RunLog. */
export async function lastSeen(state: string): Promise<Map<string, HostRoom & { jobs: number }>> {
  const seen = new Map<string, HostRoom & { jobs: number }>()
  for (const run of knownRuns(state).slice(0, RUNS_BACK)) {
    const { events } = parseEvents(await readFile(logOf(state, run), 'utf8'))
    const jobs = new Map(events.flatMap(each => (each.type === 'host-ready' ? [[each.host, each.jobs] as const] : [])))
    for (const event of events) {
      if (event.type !== 'host-joined' || seen.has(event.host)) continue
      seen.set(event.host, { ...event, jobs: jobs.get(event.host) ?? 1 })
    }
  }
  return seen
}

/** The append-only log of a run: one event a line. It is what resuming, history and reports read. */
import { mkdirSync, openSync, closeSync, writeSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { FarmEvent } from '../core/event.ts'

/** Runs whose logs are kept. */
const KEPT_RUNS = 50

export class RunLog {
  readonly directory: string
  readonly #fd: number

  /** `state`: the farm's directory for what it remembers. Old runs beyond the last fifty are removed. */
  constructor(state: string, run: string) {
    const runs = join(state, 'runs')
    this.directory = join(runs, run)
    mkdirSync(this.directory, { recursive: true, mode: 0o755 })
    for (const old of readdirSync(runs).sort().slice(0, -KEPT_RUNS)) {
      rmSync(join(runs, old), { recursive: true, force: true })
    }
    this.#fd = openSync(join(this.directory, 'events.jsonl'), 'a', 0o644)
  }

  /** One write for one line, so that a crash cuts at most the last one. */
  append(event: FarmEvent): void {
    writeSync(this.#fd, JSON.stringify(event) + '\n')
  }

  close(): void {
    closeSync(this.#fd)
  }
}

/** Reads binary packages with Portage's own code: the Python process hooks/inspect, one for a run. */
import { execa, type ResultPromise } from 'execa'
import type { BinaryMetadata } from '../core/verify/found.ts'
import { readLines, writeLine } from './lines.ts'
import { projectFile } from './project.ts'

/** What a file says of itself, or why it is no binary package; `what` is the name of that, as in docs/verification.md. */
export type Inspected = { ok: true; metadata: BinaryMetadata } | { ok: false; what: string; reason: string }

/** What a package may need that is not in it. */
export interface Surroundings {
  /** The cpvs of the C libraries that there will be where it is installed. */
  libc: string[]
  /** The files of the packages of the plan that were installed where it was built. */
  needs: string[]
}

const OPTIONS = { reject: false, stdin: 'pipe', buffer: false } as const

export class Inspector {
  readonly #python: string
  #process: ResultPromise<typeof OPTIONS> | null = null
  #next = 1
  readonly #waiting = new Map<number, (result: Inspected) => void>()

  /** `python`: the interpreter that has Portage. The process starts with the first file. */
  constructor(python: string) {
    this.#python = python
  }

  async inspect(path: string, surroundings: Surroundings): Promise<Inspected> {
    const process = (this.#process ??= this.#start())
    const id = this.#next++
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      writeLine(process.stdin, { id, path, ...surroundings })
    })
  }

  async close(): Promise<void> {
    this.#process?.stdin.end()
    await this.#process
  }

  #start(): ResultPromise<typeof OPTIONS> {
    const process = execa(this.#python, ['-B', projectFile('hooks/inspect')], OPTIONS)
    process.stdin.on('error', () => undefined)
    void this.#listen(process)
    return process
  }

  async #listen(process: ResultPromise<typeof OPTIONS>): Promise<void> {
    try {
      for await (const message of readLines(process.stdout, () => undefined)) {
        const { id, metadata, what, error } = message as Answer
        this.#waiting.get(id)?.(
          metadata ? { ok: true, metadata } : unreadable(error ?? 'it could not be read', what ?? 'integrity'),
        )
        this.#waiting.delete(id)
      }
    } catch {
      // It says what nobody understands.
      process.kill()
    }
    this.#process = null
    for (const resolve of this.#waiting.values()) resolve(unreadable('the reader of binary packages ended'))
    this.#waiting.clear()
  }
}

interface Answer {
  id: number
  metadata?: BinaryMetadata
  what?: string
  error?: string
}

function unreadable(reason: string, what = 'integrity'): Inspected {
  return { ok: false, what, reason }
}

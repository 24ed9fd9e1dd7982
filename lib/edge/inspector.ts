/** Reads binary packages with Portage's own code: the Python process hooks/inspect, one for a run. */
import { execa, type ResultPromise } from 'execa'
import type { BinaryMetadata } from '../core/verify.ts'
import { readLines, writeLine } from './lines.ts'
import { projectFile } from './project.ts'

/** What a file says of itself, or why it cannot be read as a binary package. */
export type Inspected = { ok: true; metadata: BinaryMetadata } | { ok: false; reason: string }

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

  async inspect(path: string): Promise<Inspected> {
    const process = (this.#process ??= this.#start())
    const id = this.#next++
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      writeLine(process.stdin, { id, path })
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
    for await (const message of readLines(process.stdout, () => undefined)) {
      const { id, metadata, error } = message as { id: number; metadata?: BinaryMetadata; error?: string }
      this.#waiting.get(id)?.(
        metadata ? { ok: true, metadata } : { ok: false, reason: error ?? 'it could not be read' },
      )
      this.#waiting.delete(id)
    }
    this.#process = null
    for (const resolve of this.#waiting.values()) resolve({ ok: false, reason: 'the reader of binary packages ended' })
    this.#waiting.clear()
  }
}

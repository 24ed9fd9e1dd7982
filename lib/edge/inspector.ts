/** Reads and signs binary packages with Portage's own code: the Python process hooks/inspect, one for a run. */
import { execa, type ResultPromise } from 'execa'
import type { BinaryMetadata } from '../core/verify/found.ts'
import { readLines, writeLine } from './lines.ts'
import { ISOLATED, projectFile } from './project.ts'

/** What a file says of itself, or why it is no binary package; `what` is the name of that, as in docs/verification.md. */
export type Inspected = { ok: true; metadata: BinaryMetadata } | { ok: false; what: string; reason: string }

/** What a package may need that is not in it. */
export interface Surroundings {
  /** The cpvs of the C libraries that there will be where it is installed. */
  libc: string[]
  /** The files of the packages of the plan that were installed where it was built. */
  needs: string[]
}

const OPTIONS = { reject: false, stdin: 'pipe', buffer: false, cwd: '/' } as const

const UNREADABLE = 'it could not be read'

export class Inspector {
  readonly #python: string
  #process: ResultPromise<typeof OPTIONS> | null = null
  #next = 1
  readonly #waiting = new Map<number, (answer: Omit<Answer, 'id'>) => void>()

  /** `python`: the interpreter that has Portage. The process starts with the first file. */
  constructor(python: string) {
    this.#python = python
  }

  async inspect(path: string, surroundings: Surroundings): Promise<Inspected> {
    const { metadata, what = 'integrity', error = UNREADABLE } = await this.#ask({ path, ...surroundings })
    return metadata ? { ok: true, metadata } : { ok: false, what, reason: error }
  }

  /** Signs a gpkg with the key of this system (BINPKG_GPG_SIGNING_KEY). Throws an Error if that cannot be done. */
  async sign(path: string): Promise<void> {
    const { signed, error = UNREADABLE } = await this.#ask({ path, sign: true })
    if (!signed) throw new Error(`it cannot be signed here: ${error}`)
  }

  /** Puts a copy of a package into a PKGDIR, with its index, as Portage does. Throws an Error if that cannot be done. */
  async offer(path: string, pkgdir: string): Promise<void> {
    const { offered, error = UNREADABLE } = await this.#ask({ path, offer: pkgdir })
    if (offered !== true) throw new Error(error)
  }

  async #ask(question: object): Promise<Omit<Answer, 'id'>> {
    const process = (this.#process ??= this.#start())
    const id = this.#next++
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      writeLine(process.stdin, { id, ...question })
    })
  }

  async close(): Promise<void> {
    this.#process?.stdin.end()
    await this.#process
  }

  #start(): ResultPromise<typeof OPTIONS> {
    const process = execa(this.#python, [...ISOLATED, projectFile('hooks/inspect')], OPTIONS)
    process.stdin.on('error', () => undefined)
    void this.#listen(process)
    return process
  }

  async #listen(process: ResultPromise<typeof OPTIONS>): Promise<void> {
    try {
      for await (const message of readLines(process.stdout, () => undefined)) {
        const { id, ...answer } = message as Answer
        this.#waiting.get(id)?.(answer)
        this.#waiting.delete(id)
      }
    } catch {
      // It says what nobody understands.
      process.kill()
    }
    this.#process = null
    for (const resolve of this.#waiting.values()) resolve({ error: 'the reader of binary packages ended' })
    this.#waiting.clear()
  }
}

interface Answer {
  id: number
  metadata?: BinaryMetadata
  signed?: object
  offered?: true
  what?: string
  error?: string
}

/**
 * Reads and signs binary packages with Portage's own code: the Python process hooks/inspect, one at a time. It reads each
 * package in another one under limits, and is itself ended and started anew should it not answer or die: then the package
 * that it was at is refused, and no other.
 */
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
  /** Bytes that its image may have. */
  most: number
}

const OPTIONS = { reject: false, stdin: 'pipe', buffer: false, detached: true, cwd: '/' } as const

const UNREADABLE = 'it could not be read'

/**
 * Seconds without an answer, besides those that it takes to read so many bytes, after which the reader is ended. It should
 * have given up by itself before that (hooks/portage_farm/binary.py): it counts the same bytes, and has half the time.
 */
const PATIENCE = 300
const BYTES_A_SECOND = 1 << 20
/** Bytes of what is signed or copied: they were compared before. */
const LONGEST = 2 ** 34

interface Question {
  body: object
  /** Seconds that it may take. */
  patience: number
  resolve: (answer: Omit<Answer, 'id'>) => void
}

export class Inspector {
  readonly #python: string
  #process: ResultPromise<typeof OPTIONS> | null = null
  #next = 1
  /** In the order in which they were asked, which is that in which they are answered. */
  readonly #waiting = new Map<number, Question>()
  #timer: NodeJS.Timeout | undefined
  readonly #patience: number
  #isClosed = false

  /**
   * @param python the interpreter that has Portage. The process starts with the first file
   * @param patience seconds; see PATIENCE
   */
  constructor(python: string, patience = PATIENCE) {
    this.#python = python
    this.#patience = patience
  }

  async inspect(path: string, surroundings: Surroundings): Promise<Inspected> {
    const question = { path, ...surroundings }
    const { metadata, what = 'integrity', error = UNREADABLE } = await this.#ask(question, surroundings.most)
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

  /** `bytes` that are to be read for it, at most. */
  async #ask(body: object, bytes = LONGEST): Promise<Omit<Answer, 'id'>> {
    if (this.#isClosed) return { error: 'the run is over' }
    return new Promise(resolve => {
      this.#put(this.#next++, { body, patience: this.#patience + bytes / BYTES_A_SECOND, resolve })
    })
  }

  #put(id: number, question: Question): void {
    const process = (this.#process ??= this.#start())
    this.#waiting.set(id, question)
    writeLine(process.stdin, { id, ...question.body })
    if (this.#waiting.size === 1) this.#watch()
  }

  /** Ends the process at once if anything is still waited for: the run is over. */
  async close(): Promise<void> {
    this.#isClosed = true
    const process = this.#process
    if (this.#waiting.size > 0) endAll(process)
    process?.stdin.end()
    await process
  }

  #start(): ResultPromise<typeof OPTIONS> {
    const process = execa(this.#python, [...ISOLATED, projectFile('hooks/inspect')], OPTIONS)
    process.stdin.on('error', () => undefined)
    void this.#listen(process)
    return process
  }

  /** The first that is waited for has its time from now on. */
  #watch(): void {
    clearTimeout(this.#timer)
    const [first] = this.#waiting.values()
    if (first)
      this.#timer = setTimeout(() => {
        endAll(this.#process)
      }, first.patience * 1000)
  }

  async #listen(process: ResultPromise<typeof OPTIONS>): Promise<void> {
    try {
      for await (const message of readLines(process.stdout, () => undefined)) {
        const { id, ...answer } = message as Answer
        this.#waiting.get(id)?.resolve(answer)
        this.#waiting.delete(id)
        this.#watch()
      }
    } catch {
      // It says what nobody understands.
      endAll(process)
    }
    clearTimeout(this.#timer)
    this.#process = null
    const left = [...this.#waiting]
    this.#waiting.clear()
    left[0]?.[1].resolve({ what: 'limits', error: 'the reader of binary packages ended while it read it' })
    for (const [id, question] of left.slice(1)) {
      if (this.#isClosed) question.resolve({ error: 'the run is over' })
      else this.#put(id, question)
    }
  }
}

/** Ends the process and what it runs: it has a process group of its own. */
function endAll(child: ResultPromise<typeof OPTIONS> | null): void {
  if (child?.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended.
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

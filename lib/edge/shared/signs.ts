/**
 * Signs of life: a small file that its owner writes again and again, each time with another number.
 *
 * It is written in place, and closed: of a file that is opened after that NFS shows what was written ("close-to-open").
 */
import { readFile, rm, writeFile } from 'node:fs/promises'

/** `S`: what a sign says besides that its owner lives. */
export class Sign<S extends object> {
  readonly #path: string
  #count = 0
  #said: S
  #timer: NodeJS.Timeout | undefined
  /** Writes are one after another: two at a time could end in the wrong order. */
  #writing = Promise.resolve()
  #isOver = false

  /** `every`: seconds from one sign to the next. */
  constructor(path: string, every: number, said: S) {
    this.#path = path
    this.#said = said
    this.#timer = setInterval(() => {
      void this.#give()
    }, every * 1000)
  }

  /** Gives a sign at once, with something else to say from now on. */
  async say(said: S): Promise<void> {
    this.#said = said
    await this.#give()
  }

  /** No sign is given any more; the last one stays. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    this.#isOver = true
    await this.#writing
  }

  /** Nobody needs it any more. One that stays, as the store is away, says nothing that counts. */
  async remove(): Promise<void> {
    await this.stop()
    await rm(this.#path, { force: true }).catch(() => undefined)
  }

  async #give(): Promise<void> {
    if (this.#isOver) return
    this.#writing = this.#writing
      .then(async () => writeFile(this.#path, JSON.stringify({ ...this.#said, count: ++this.#count }) + '\n'))
      // A store that is away for a moment: others see that this one is silent.
      .catch(() => undefined)
    await this.#writing
  }
}

/** A sign as it is now; empty: there is none. */
export async function readSign(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

/** What a sign says; null: it is half written, or nobody's. */
export function saidIn<S extends object>(sign: string): Partial<S> | null {
  try {
    const said: unknown = JSON.parse(sign)
    return typeof said === 'object' && said !== null ? said : null
  } catch {
    return null
  }
}

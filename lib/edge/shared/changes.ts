/** Waits for something new in a directory: as long as one is ready to wait, or less where the kernel tells of it. */
import { type FSWatcher, watch } from 'node:fs'

/** Milliseconds after something new, in which more of it mostly follows. */
const SETTLING = 20

export class Changes {
  readonly #watcher: FSWatcher | null
  #isNew = false
  #wake: () => void = () => undefined

  constructor(directory: string) {
    this.#watcher = this.#watch(directory)
  }

  /** Resolves after so many milliseconds, or soon after something is new. What other machines do no kernel tells. */
  async next(longest: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(resolve => {
      this.#wake = () => {
        clearTimeout(timer)
        timer = setTimeout(resolve, SETTLING)
      }
      timer = setTimeout(resolve, longest)
      if (this.#isNew) this.#wake()
    })
    clearTimeout(timer)
    this.#wake = () => undefined
    this.#isNew = false
  }

  /** Whoever waits is woken. */
  poke(): void {
    this.#isNew = true
    this.#wake()
  }

  close(): void {
    this.#watcher?.close()
  }

  #watch(directory: string): FSWatcher | null {
    try {
      const watcher = watch(directory, () => {
        this.poke()
      })
      watcher.on('error', () => undefined)
      return watcher
    } catch {
      // A file system that cannot tell, or no watches left: looking now and then is enough.
      return null
    }
  }
}

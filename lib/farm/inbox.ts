/** What happens elsewhere arrives here, one thing after another. */
export class Inbox<T> {
  readonly #items: T[] = []
  #wake: (() => void) | null = null

  put(item: T): void {
    this.#items.push(item)
    this.#wake?.()
  }

  /** The next thing; waits for it. */
  async take(): Promise<T> {
    for (;;) {
      const item = this.#items.shift()
      if (item !== undefined) return item
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }
}

/** A binary heap: what is least comes first. */
export class Heap<T> {
  readonly #less: (a: T, b: T) => boolean
  readonly #list: T[] = []

  constructor(less: (a: T, b: T) => boolean) {
    this.#less = less
  }

  get size(): number {
    return this.#list.length
  }

  peek(): T | undefined {
    return this.#list[0]
  }

  push(what: T): void {
    const list = this.#list
    let place = list.push(what) - 1
    while (place > 0) {
      const above = (place - 1) >> 1
      const other = list[above]
      if (other === undefined || !this.#less(what, other)) break
      list[place] = other
      place = above
    }
    list[place] = what
  }

  pop(): T | undefined {
    const list = this.#list
    const first = list[0]
    const last = list.pop()
    if (last === undefined || list.length === 0) return first
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      const right = list[below + 1]
      let least = list[below]
      if (least === undefined) break
      if (right !== undefined && this.#less(right, least)) {
        least = right
        below++
      }
      if (!this.#less(least, last)) break
      list[place] = least
      place = below
    }
    list[place] = last
    return first
  }
}

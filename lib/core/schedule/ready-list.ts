/** The tasks that may start, most urgent first. */
import type { Item } from './state.ts'

/** Higher priorities first, ties by the plan's order. */
function compare(a: Item, b: Item): number {
  return b.priority - a.priority || a.node.index - b.node.index
}

/** Sorted; an insertion finds its place by halves. */
export class ReadyList {
  #list: Item[] = []

  get list(): readonly Item[] {
    return this.#list
  }

  /** Replaces all that is in it. */
  fill(items: readonly Item[]): void {
    this.#list = [...items].sort(compare)
  }

  add(item: Item): void {
    this.#list.splice(this.#place(item), 0, item)
  }

  /** Its priority must be the one that it had when it was added. */
  remove(item: Item): void {
    const place = this.#place(item)
    if (this.#list[place] !== item) throw new Error(`${item.node.task.id} is not in the list of what is ready`)
    this.#list.splice(place, 1)
  }

  /** The first place whose item does not come before this one. */
  #place(item: Item): number {
    let from = 0
    let to = this.#list.length
    while (from < to) {
      const middle = (from + to) >> 1
      const other = this.#list[middle]
      if (other && compare(other, item) < 0) from = middle + 1
      else to = middle
    }
    return from
  }
}

/**
 * Lower bounds on the makespan of tasks with precedence on hosts of different speed, one job a host at a time.
 *
 * The plain bound is `max(critical path / fastest, work / all speeds)`. The better one is destructive (Klein, Scholl:
 * "Computing lower bounds by destructive improvement", 1999): it assumes that everything ends by T, and derives from that
 * where and when each task must run; if that cannot be, no schedule ends by T. For a given T,
 * - a task runs in its window: not before its head, and not so late that its tail does not fit any more;
 * - a task whose window is shorter than the time that it takes on a host of some speed runs on a faster one;
 * - the tasks that need hosts of at least some speed share those hosts' speeds, as if they could be parted at will; so
 *   each set of them needs its least head, its work over those speeds, and its least tail;
 * - which holds for all that a task needs as well, and gives it a later head (and from the other end a longer tail).
 */
import { makeGraph, upwardRanks, type Graph, type Node } from '../lib/core/schedule/graph.ts'
import type { Task } from '../lib/core/schedule/model.ts'

/** Above this many tasks the sets of all that a task needs would take too long. */
const MOST_TASKS = 4000
/** Halvings of the interval between the plain bound and a makespan that was reached. */
const HALVINGS = 14

export function plainBound(graph: Graph, speeds: readonly number[]): number {
  const ranks = upwardRanks(graph, node => node.task.seconds)
  const work = graph.nodes.reduce((sum, node) => sum + node.task.seconds, 0)
  const path = ranks.reduce((most, rank) => Math.max(most, rank), 0)
  return Math.max(path / Math.max(...speeds), work / sumOf(speeds))
}

/** The greatest bound that was found between the plain one and a makespan that some schedule has. */
export function betterBound(tasks: readonly Task[], speeds: readonly number[], reached: number): number {
  const graph = makeGraph(tasks)
  let proved = Math.max(plainBound(graph, speeds), chainBound(graph, speeds))
  if (graph.nodes.length > MOST_TASKS || proved >= reached) return proved
  const problem = new Windows(graph, speeds)
  let possible = reached
  for (let round = 0; round < HALVINGS && possible - proved > 1e-4 * reached; round++) {
    const middle = (proved + possible) / 2
    if (problem.refutes(middle)) proved = middle
    else possible = middle
  }
  return proved
}

/**
 * Of all that the graph demands only the order within chains is kept, and tasks may be parted: then the k longest of the
 * chains cannot use more than the k fastest hosts (Horvath, Lam, Sethi: "A level algorithm for preemptive scheduling",
 * 1977). The chains are found greedily: the longest path, then the longest of the rest.
 */
function chainBound(graph: Graph, speeds: readonly number[]): number {
  const fastFirst = [...speeds].sort((a, b) => b - a)
  const taken = new Set<Node>()
  let bound = 0
  let chains = 0
  let power = 0
  for (const speed of fastFirst) {
    power += speed
    chains += takeLongestPath(graph, taken)
    bound = Math.max(bound, chains / power)
    if (taken.size === graph.nodes.length) break
  }
  return bound
}

/** Takes the heaviest path through what is not taken (that may lead through what is). Returns its weight. */
function takeLongestPath(graph: Graph, taken: Set<Node>): number {
  const ranks = upwardRanks(graph, node => (taken.has(node) ? 0 : node.task.seconds))
  const heaviest = (nodes: readonly Node[]): Node | undefined =>
    nodes.reduce<Node | undefined>(
      (best, node) => (!best || (ranks[node.index] ?? 0) > (ranks[best.index] ?? 0) ? node : best),
      undefined,
    )
  let weight = 0
  for (let node = heaviest(graph.nodes); node; node = heaviest(node.users)) {
    if (taken.has(node)) continue
    taken.add(node)
    weight += node.task.seconds
  }
  return weight
}

/** One direction of time: the heads of tasks, or, with needs and users exchanged, their tails. */
interface Direction {
  order: readonly number[]
  before: readonly (readonly number[])[]
  /** All that comes before, as bits. */
  ancestors: readonly Uint32Array[]
}

class Windows {
  readonly #seconds: number[]
  readonly #forward: Direction
  readonly #backward: Direction
  /** Distinct speeds, fastest first, and the sum of the speeds of all hosts that are as fast. */
  readonly #classes: { speed: number; power: number }[]

  constructor(graph: Graph, speeds: readonly number[]) {
    this.#seconds = graph.nodes.map(node => node.task.seconds)
    const order = graph.order.map(node => node.index)
    this.#forward = direction(
      order,
      graph.nodes.map(node => node.needs.map(need => need.index)),
    )
    this.#backward = direction(
      order.toReversed(),
      graph.nodes.map(node => node.users.map(user => user.index)),
    )
    const distinct = [...new Set(speeds)].sort((a, b) => b - a)
    this.#classes = distinct.map(speed => ({ speed, power: sumOf(speeds.filter(each => each >= speed)) }))
  }

  /** Whether no schedule can end by then. */
  refutes(limit: number): boolean {
    const count = this.#seconds.length
    const heads = new Float64Array(count)
    const tails = new Float64Array(count)
    const slowest = new Int32Array(count).fill(this.#classes.length - 1)
    for (let round = 0; round < 4; round++) {
      this.#extend(this.#forward, heads, slowest)
      this.#extend(this.#backward, tails, slowest)
      let changed = false
      for (const [task, seconds] of this.#seconds.entries()) {
        const window = limit - (heads[task] ?? 0) - (tails[task] ?? 0)
        let place = slowest[task] ?? 0
        while (place >= 0 && seconds / (this.#classes[place]?.speed ?? 1) > window * (1 + 1e-12)) place--
        if (place < 0) return true
        if (place !== slowest[task]) changed = true
        slowest[task] = place
      }
      for (const [place, { power }] of this.#classes.entries()) {
        if (this.#needed(heads, tails, slowest, place, power) > limit * (1 + 1e-12)) return true
      }
      if (!changed) return false
    }
    return false
  }

  /** Makes heads (or tails) as late (or long) as what comes before (or after) demands. */
  #extend({ order, before, ancestors }: Direction, heads: Float64Array, slowest: Int32Array): void {
    const { speed: fastest } = this.#classes[0] ?? { speed: 1 }
    const lastFirst: number[] = []
    for (const task of order) {
      let head = heads[task] ?? 0
      for (const need of before[task] ?? []) {
        const speed = fastest
        head = Math.max(head, (heads[need] ?? 0) + (this.#seconds[need] ?? 0) / speed)
      }
      const set = ancestors[task]
      const work = new Float64Array(this.#classes.length)
      for (const other of lastFirst) {
        if (!set || !hasBit(set, other)) continue
        for (let place = slowest[other] ?? 0; place < work.length; place++) {
          const sum = (work[place] ?? 0) + (this.#seconds[other] ?? 0)
          work[place] = sum
          head = Math.max(head, (heads[other] ?? 0) + sum / (this.#classes[place]?.power ?? 1))
        }
      }
      heads[task] = head
      let place = lastFirst.findIndex(other => (heads[other] ?? 0) <= head)
      if (place < 0) place = lastFirst.length
      lastFirst.splice(place, 0, task)
    }
  }

  /**
   * The least T for the tasks that need one of the hosts up to this class: Jackson's preemptive schedule on one host that
   * is as fast as all of them, which is the maximum over all sets of least head + work / power + least tail.
   */
  #needed(heads: Float64Array, tails: Float64Array, slowest: Int32Array, place: number, power: number): number {
    const tasks = [...this.#seconds.keys()].filter(task => (slowest[task] ?? 0) <= place)
    const of = (values: Float64Array, task: number): number => values[task] ?? 0
    tasks.sort((a, b) => of(tails, b) - of(tails, a))
    // For each least head, add the tasks from the longest tail down: the sum so far bounds with that tail.
    const sorted = [...new Set(tasks.map(task => of(heads, task)))].sort((a, b) => a - b)
    let most = 0
    const step = Math.max(1, Math.floor(sorted.length / 300))
    for (let index = 0; index < sorted.length; index += step) {
      const least = sorted[index] ?? 0
      let work = 0
      for (const task of tasks) {
        if (of(heads, task) < least) continue
        work += this.#seconds[task] ?? 0
        most = Math.max(most, least + work / power + of(tails, task))
      }
    }
    return most
  }
}

function direction(order: readonly number[], before: number[][]): Direction {
  const words = Math.ceil(order.length / 32)
  const ancestors = before.map(() => new Uint32Array(words))
  for (const task of order) {
    const set = ancestors[task]
    if (!set) continue
    for (const need of before[task] ?? []) {
      const theirs = ancestors[need]
      for (let word = 0; word < words; word++) set[word] = (set[word] ?? 0) | (theirs?.[word] ?? 0)
      set[need >> 5] = (set[need >> 5] ?? 0) | (1 << (need & 31))
    }
  }
  return { order, before, ancestors }
}

function hasBit(set: Uint32Array, bit: number): boolean {
  return ((set[bit >> 5] ?? 0) & (1 << (bit & 31))) !== 0
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0)
}

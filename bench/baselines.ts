/** What others do, to compare with: an order of what is ready, and a rule for the host. None of them waits for a host. */
import type { ScheduleEvent } from '../lib/core/schedule/event.ts'
import { makeGraph, upwardRanks, type Graph } from '../lib/core/schedule/graph.ts'
import type { HostSpec, Task } from '../lib/core/schedule/model.ts'
import type { Decider } from '../lib/core/schedule/simulate.ts'
import type { Decision, Start } from '../lib/core/schedule/scheduler.ts'

export type Order = 'FIFO' | 'direct dependents' | 'transitive count' | "dpb's sum" | 'critical path'
export type Rule = 'fastest free host' | "Nix's load over speed"

export class Baseline implements Decider {
  readonly #graph: Graph
  readonly #priorities: Float64Array
  readonly #rule: Rule
  readonly #missing: Int32Array
  readonly #hosts: { spec: HostSpec; jobs: number }[] = []
  #ready: number[]

  constructor(tasks: readonly Task[], order: Order, rule: Rule) {
    this.#graph = makeGraph(tasks)
    this.#priorities = priorities(this.#graph, order)
    this.#rule = rule
    this.#missing = Int32Array.from(this.#graph.nodes, node => node.needs.length)
    this.#ready = this.#graph.nodes.filter(node => node.needs.length === 0).map(node => node.index)
  }

  apply(event: ScheduleEvent): void {
    if (event.type === 'host-ready') this.#hosts.push({ spec: event.host, jobs: 0 })
    if (event.type === 'started') {
      const host = this.#hosts.find(each => each.spec.name === event.host)
      if (host) host.jobs++
      this.#ready = this.#ready.filter(index => this.#graph.nodes[index]?.task.id !== event.task)
    }
    if (event.type === 'built') {
      const host = this.#hosts.find(each => each.spec.name === event.host)
      if (host) host.jobs--
    }
    if (event.type === 'committed') {
      for (const { index } of this.#graph.byId.get(event.task)?.users ?? []) {
        const left = (this.#missing[index] ?? 0) - 1
        this.#missing[index] = left
        if (left === 0) this.#ready.push(index)
      }
    }
  }

  decide(): Decision {
    const free = this.#hosts.map(({ spec, jobs }) => ({ spec, jobs }))
    const starts: Start[] = []
    const of = (index: number): number => this.#priorities[index] ?? 0
    for (const index of [...this.#ready].sort((a, b) => of(b) - of(a))) {
      const [host] = free
        .filter(each => each.jobs < each.spec.slots)
        .sort((a, b) => this.#load(a) - this.#load(b) || b.spec.speed - a.spec.speed)
      const node = this.#graph.nodes[index]
      if (!host || !node) break
      host.jobs++
      starts.push({ task: node.task.id, host: host.spec.name, cores: 1, finish: NaN, isCopy: false })
    }
    return { starts, cancels: [], wake: null }
  }

  /** What Nix's build hook compares first: jobs over the speed factor. */
  #load({ spec, jobs }: { spec: HostSpec; jobs: number }): number {
    return this.#rule === "Nix's load over speed" ? jobs / spec.speed : 0
  }
}

function priorities(graph: Graph, order: Order): Float64Array {
  switch (order) {
    case 'FIFO':
      return new Float64Array(graph.nodes.length)
    case 'direct dependents':
      return Float64Array.from(graph.nodes, node => node.users.length)
    case 'transitive count':
      return overAll(graph, () => 1)
    case "dpb's sum":
      return overAll(graph, seconds => seconds)
    case 'critical path':
      return upwardRanks(graph, node => node.task.seconds)
    default:
      return order satisfies never
  }
}

/** The sum over a package and all that needs it, directly or not. */
function overAll(graph: Graph, weight: (seconds: number) => number): Float64Array {
  const sums = new Float64Array(graph.nodes.length)
  const seen = new Int32Array(graph.nodes.length).fill(-1)
  for (const root of graph.nodes) {
    const stack = [root]
    seen[root.index] = root.index
    for (let node = stack.pop(); node; node = stack.pop()) {
      sums[root.index] = (sums[root.index] ?? 0) + weight(node.task.seconds)
      for (const user of node.users) {
        if (seen[user.index] === root.index) continue
        seen[user.index] = root.index
        stack.push(user)
      }
    }
  }
  return sums
}

/** The tasks of a plan and what they need, as a graph that never changes. */
import { fullTask, type FullTask, type Task } from './model.ts'

export interface Node {
  /** Its place in the plan, from 0. It breaks every tie. */
  readonly index: number
  readonly task: FullTask
  readonly needs: readonly Node[]
  /** What needs it. */
  readonly users: readonly Node[]
}

export interface Graph {
  /** In the plan's order. */
  readonly nodes: readonly Node[]
  /** Each after all that it needs. */
  readonly order: readonly Node[]
  readonly byId: ReadonlyMap<string, Node>
}

/** Throws if two tasks have one id, a task needs what is not there, or tasks need each other in a circle. */
export function makeGraph(tasks: readonly Task[]): Graph {
  const links = tasks.map((task, index) => {
    const needs: Node[] = []
    const users: Node[] = []
    return { node: { index, task: fullTask(task), needs, users }, needs, users }
  })
  const byId = new Map(links.map(link => [link.node.task.id, link]))
  if (byId.size < tasks.length) throw new Error('two tasks have the same id')
  for (const { node, needs } of links) {
    for (const id of new Set(node.task.needs)) {
      const need = byId.get(id)
      if (!need) throw new Error(`${node.task.id} needs ${id}, which is not among the tasks`)
      needs.push(need.node)
      need.users.push(node)
    }
  }
  const nodes = links.map(link => link.node)
  return { nodes, order: topological(nodes), byId: new Map(nodes.map(node => [node.task.id, node])) }
}

function topological(nodes: readonly Node[]): Node[] {
  const missing = new Map(nodes.map(node => [node, node.needs.length]))
  const order = nodes.filter(node => node.needs.length === 0)
  for (const node of order) {
    for (const user of node.users) {
      const left = (missing.get(user) ?? 0) - 1
      missing.set(user, left)
      if (left === 0) order.push(user)
    }
  }
  if (order.length < nodes.length) {
    const stuck = nodes.find(node => (missing.get(node) ?? 0) > 0)
    throw new Error(`tasks need each other in a circle, among them ${stuck?.task.id ?? ''}`)
  }
  return order
}

/**
 * The upward rank of each node: the weight of the heaviest chain that begins with it, itself included (Topcuoglu,
 * Hariri, Wu: "Performance-effective and low-complexity task scheduling for heterogeneous computing", 2002).
 */
export function upwardRanks(graph: Graph, weight: (node: Node) => number): Float64Array {
  const ranks = new Float64Array(graph.nodes.length)
  for (let place = graph.order.length - 1; place >= 0; place--) {
    const node = graph.order[place]
    if (!node) break
    let after = 0
    for (const user of node.users) after = Math.max(after, ranks[user.index] ?? 0)
    ranks[node.index] = weight(node) + after
  }
  return ranks
}

/** One schedule, measured. */
import { makeGraph } from '../lib/core/schedule/graph.ts'
import type { HostSpec, Task } from '../lib/core/schedule/model.ts'
import { random } from '../lib/core/schedule/random.ts'
import { Scheduler } from '../lib/core/schedule/scheduler.ts'
import { simulate, type Incident, type SimulatedRun } from '../lib/core/schedule/simulate.ts'
import { betterBound, plainBound } from './bounds.ts'
import { speedsOf, type Layout } from './layouts.ts'
import type { Measured } from './row.ts'

export interface NamedGraph {
  name: string
  tasks: readonly Task[]
}

export function run(
  tasks: readonly Task[],
  hosts: readonly HostSpec[],
  estimates: readonly Task[] = tasks,
  incidents: readonly Incident[] = [],
): SimulatedRun {
  return simulate({ tasks, hosts, incidents }, new Scheduler(estimates))
}

/** With perfect estimates. The better bound is looked for only where the aim is missed. */
export function measure({ name, tasks }: NamedGraph, layout: Layout, aim: number): Measured & { makespan: number } {
  const { makespan } = run(tasks, layout.hosts)
  const speeds = speedsOf(layout)
  const bound = plainBound(makeGraph(tasks), speeds)
  const plain = makespan / bound
  const best = plain > aim ? makespan / betterBound(tasks, speeds, makespan) : plain
  return { graph: name, plain, best, makespan }
}

/** When the best of the hosts would have built everything alone, with the same policy and the same estimates. */
export function bestSingle(tasks: readonly Task[], hosts: readonly HostSpec[], estimates: readonly Task[]): number {
  const work = tasks.reduce((sum, task) => sum + task.seconds, 0)
  const alone = (host: HostSpec): number =>
    host.slots === 1 ? work / host.speed : run(tasks, [host], estimates).makespan
  return Math.min(...hosts.map(alone))
}

/** Estimates that are off by a factor between 1/most and most, evenly on a logarithmic scale. */
export function noisy(tasks: readonly Task[], most: number, seed: number): Task[] {
  const dice = random(seed)
  return tasks.map(task => ({ ...task, seconds: task.seconds * Math.exp(Math.log(most) * (2 * dice() - 1)) }))
}

/** The packages that one of them needs, itself included. */
export function closure(tasks: readonly Task[], id: string): Task[] {
  const byId = new Map(tasks.map(task => [task.id, task]))
  const seen = new Set<string>()
  const stack = [id]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    stack.push(...(byId.get(next)?.needs ?? []))
  }
  return tasks.filter(task => seen.has(task.id))
}

/** So many closures with the most work, no two nearly the same: each has a tenth less or more than the one before. */
export function largestClosures(tasks: readonly Task[], count: number): NamedGraph[] {
  const needed = new Set(tasks.flatMap(task => task.needs))
  const all = tasks
    .filter(task => !needed.has(task.id))
    .map(task => ({ name: task.id, tasks: closure(tasks, task.id) }))
    .map(each => ({ ...each, work: each.tasks.reduce((sum, task) => sum + task.seconds, 0) }))
    .sort((a, b) => b.work - a.work)
  const found: typeof all = []
  for (const each of all) {
    const before = found.at(-1)
    if (found.length >= count) break
    if (each.tasks.length < 2 || each.tasks.length === tasks.length) continue
    if (!before || each.work < 0.95 * before.work) found.push(each)
  }
  return found.map(({ name, tasks: those }) => ({ name, tasks: those }))
}

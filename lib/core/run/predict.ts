/** How a run would go: the scheduler itself, in virtual time, with what is remembered taken for the truth. */
import type { Experience } from '../history/estimate.ts'
import { HOME } from '../history/observation.ts'
import type { Plan } from '../plan.ts'
import type { Bound } from '../schedule/bound.ts'
import type { HostSpec, Task } from '../schedule/model.ts'
import { Scheduler } from '../schedule/scheduler.ts'
import { simulate, type SimulatedJob } from '../schedule/simulate.ts'
import { roomiest, tasksOf } from './tasks.ts'

export interface Prediction {
  /** Seconds until the last package is there. */
  seconds: number
  /** What no schedule on these hosts beats. */
  bound: Bound
  /** Each build, in the order in which they begin. */
  jobs: SimulatedJob[]
  /** The jobs of which each waited for the one before it, be it for its package or for its host; the last ends the run. */
  chain: SimulatedJob[]
  /** How many of the packages have never been built as far as is remembered, in any version. */
  guesses: number
}

/**
 * @param hosts those that take builds. What stays on this system is built there, one package at a time.
 * @param here this system
 */
export function predict(plan: Plan, experience: Experience, hosts: readonly HostSpec[], here: HostSpec): Prediction {
  const tasks = predictable(plan, experience, hosts)
  const taking = tasks.some(task => task.hosts?.includes(HOME)) ? [...hosts, here] : [...hosts]
  const scheduler = new Scheduler(tasks, { copies: 'gain' })
  const bound = boundOf(tasks, taking)
  const run = simulate({ tasks, hosts: taking }, scheduler)
  const jobs = run.jobs.filter(job => job.outcome === 'committed')
  const guesses = tasks.filter(task => task.isGuess === true).length
  return { seconds: run.makespan, bound, jobs, chain: chainOf(jobs, tasks), guesses }
}

function boundOf(tasks: readonly Task[], hosts: readonly HostSpec[]): Bound {
  const scheduler = new Scheduler(tasks)
  for (const host of hosts) scheduler.apply({ type: 'host-ready', at: 0, host })
  return scheduler.bound(0)
}

/** The plan's tasks without what is here already, each with a host that it fits. */
function predictable(plan: Plan, experience: Experience, hosts: readonly HostSpec[]): Task[] {
  const names = hosts.map(host => host.name)
  const here = new Set(plan.packages.filter(each => each.where === 'ready').map(each => each.id))
  return tasksOf(plan, experience, names)
    .filter(task => !here.has(task.id))
    .map(task => {
      const needs = task.needs.filter(need => !here.has(need))
      const stays = plan.byId.get(task.id)?.where === 'home'
      const able = stays ? [] : (task.hosts ?? names)
      if (able.length === 0) return { ...task, needs, memory: 0, disk: 0, bytes: 0, hosts: [HOME] }
      const those = hosts.filter(host => able.includes(host.name))
      return { ...fitted(task, those), needs, hosts: able }
    })
}

/** As in a run: what no host has room for is built where there is most. */
function fitted(task: Task, able: readonly HostSpec[]): Task {
  const host = roomiest(task, able)
  if (!host) return task
  const { memory = Infinity, disk = Infinity } = host
  return { ...task, memory: Math.min(task.memory ?? 0, memory), disk: Math.min(task.disk ?? 0, disk) }
}

/** Backwards from what ended last: each began when the one before it ended. */
function chainOf(jobs: readonly SimulatedJob[], tasks: readonly Task[]): SimulatedJob[] {
  const byTask = new Map(jobs.map(job => [job.task, job]))
  const needsOf = new Map(tasks.map(task => [task.id, task.needs]))
  const chain: SimulatedJob[] = []
  let job = lastOf(jobs)
  while (job) {
    chain.unshift(job)
    const { start, ready, host, task }: SimulatedJob = job
    const before: SimulatedJob[] =
      start > ready
        ? jobs.filter(each => each.host === host && each.end <= start && each.start < start)
        : (needsOf.get(task) ?? []).flatMap(need => byTask.get(need) ?? [])
    job = lastOf(before)
  }
  return chain
}

function lastOf(jobs: readonly SimulatedJob[]): SimulatedJob | undefined {
  return jobs.reduce<SimulatedJob | undefined>((last, each) => (!last || each.end > last.end ? each : last), undefined)
}

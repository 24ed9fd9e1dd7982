/** What a run lost by wrong estimates: its scheduler once more, in virtual time, with and without knowing how long builds take. */
import { amdahl } from '../amdahl.ts'
import type { HostSpec, Task } from '../schedule/model.ts'
import { Scheduler } from '../schedule/scheduler.ts'
import { simulate } from '../schedule/simulate.ts'

/** A build that came to its end. */
export interface Finished {
  seconds: number
  /** The host's speed, and the cores that it gave. */
  speed: number
  cores: number
}

/** Seconds; never less than 0. Without looking ahead: that is quick, and here only a difference matters. */
export function lostByEstimates(
  tasks: readonly Task[],
  hosts: readonly HostSpec[],
  finished: ReadonlyMap<string, Finished>,
): number {
  const estimated: Task[] = []
  const actual: Task[] = []
  for (const task of tasks) {
    const build = finished.get(task.id)
    if (!build) continue
    const { parallel = 0 } = task
    const seconds = (build.seconds * build.speed) / amdahl(parallel, build.cores)
    const needs = task.needs.filter(need => finished.has(need))
    // What was refused or barred has no part in this.
    const each: Task = { id: task.id, needs, seconds, parallel, install: task.install ?? 0 }
    actual.push(each)
    estimated.push({ ...each, seconds: task.seconds, isGuess: task.isGuess ?? false })
  }
  if (actual.length === 0 || hosts.length === 0) return 0
  const length = (known: readonly Task[]): number =>
    simulate({ tasks: actual, hosts }, new Scheduler(known, { lookAhead: 0, copies: 'never' })).makespan
  return Math.max(0, length(estimated) - length(actual))
}

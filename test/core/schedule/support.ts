/** What the tests of the scheduler share: small random problems, and a scheduler that is told what happens. */
import fc from 'fast-check'
import type { ScheduleEvent } from '../../../lib/core/schedule/event.ts'
import type { HostSpec, Task } from '../../../lib/core/schedule/model.ts'
import { Scheduler, type SchedulerOptions } from '../../../lib/core/schedule/scheduler.ts'

/** `a:3 b:2<a` : a takes 3 seconds; b takes 2 and needs a. */
export function tasksOf(text: string): Task[] {
  return text.split(' ').map(word => {
    const [what = '', needs = ''] = word.split('<')
    const [id = '', seconds = '1'] = what.split(':')
    return { id, seconds: Number(seconds), needs: needs === '' ? [] : needs.split(',') }
  })
}

export function hostsOf(...speeds: number[]): HostSpec[] {
  return speeds.map((speed, index) => ({ name: `h${index}`, slots: 1, speed }))
}

/** A scheduler whose hosts are there. */
export function schedulerOf(tasks: readonly Task[], hosts: readonly HostSpec[], options?: SchedulerOptions): Scheduler {
  const scheduler = new Scheduler(tasks, options)
  for (const host of hosts) scheduler.apply({ type: 'host-ready', at: 0, host })
  return scheduler
}

/** Tells that the jobs were started that it wants. Returns them in words. */
export function startAll(scheduler: Scheduler, now: number): string[] {
  const { starts } = scheduler.decide(now)
  for (const { task, host, cores } of starts) scheduler.apply({ type: 'started', at: now, task, host, cores })
  return starts.map(({ task, host, isCopy }) => `${task} on ${host}${isCopy ? ', again' : ''}`)
}

export function tell(scheduler: Scheduler, ...events: ScheduleEvent[]): void {
  for (const event of events) scheduler.apply(event)
}

export interface Problem {
  tasks: Task[]
  /** The tasks as they are expected to be. */
  estimates: Task[]
  hosts: HostSpec[]
}

/** Graphs of any shape; every task fits the first host. */
export const problems = ({ slots = 3, most = 24 } = {}): fc.Arbitrary<Problem> =>
  fc
    .record({
      tasks: fc.array(
        fc.record({
          seconds: fc.integer({ min: 1, max: 100 }),
          needs: fc.array(fc.nat(), { maxLength: 3 }),
          memory: fc.integer({ min: 0, max: 8 }),
          parallel: fc.constantFrom(0, 0.5, 0.9),
          off: fc.double({ min: 0.25, max: 4, noNaN: true }),
        }),
        { minLength: 1, maxLength: most },
      ),
      hosts: fc.array(
        fc.record({
          speed: fc.constantFrom(1, 2, 4, 8),
          slots: fc.integer({ min: 1, max: slots }),
          spareCores: fc.nat({ max: 4 }),
          memory: fc.constantFrom(8, 12, Infinity),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    })
    .map(({ tasks, hosts }) => {
      const real = tasks.map(({ seconds, needs, memory, parallel }, index) => ({
        id: `t${index}`,
        seconds,
        memory,
        parallel,
        needs: index === 0 ? [] : [...new Set(needs.map(need => `t${need % index}`))],
      }))
      return {
        tasks: real,
        estimates: real.map((task, index) => ({ ...task, seconds: task.seconds * (tasks[index]?.off ?? 1) })),
        hosts: hosts.map(({ speed, slots: jobs, spareCores, memory }, index) => ({
          name: `h${index}`,
          slots: jobs,
          speed,
          cores: jobs + spareCores,
          memory,
        })),
      }
    })

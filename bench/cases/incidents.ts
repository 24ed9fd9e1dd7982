/** A host dies at half time, or becomes slow without saying so. */
import { makeGraph, upwardRanks } from '../../lib/core/schedule/graph.ts'
import type { HostSpec, Task } from '../../lib/core/schedule/model.ts'
import { Scheduler } from '../../lib/core/schedule/scheduler.ts'
import { simulate, type Incident, type SimulatedRun } from '../../lib/core/schedule/simulate.ts'
import { UNEQUAL } from '../layouts.ts'
import { run, type NamedGraph } from '../measure.ts'
import { row, type Row } from '../row.ts'

const AIM = 1.1

/** Each host in turn, at half of the time that it takes when nothing happens; the worst counts. */
export function* withIncidents({ name, tasks }: NamedGraph): Generator<Row> {
  for (const layout of UNEQUAL) {
    const half = run(tasks, layout.hosts).makespan / 2
    for (const type of ['death', 'speed'] as const) {
      // Hosts of one speed are not alike: what they happen to do at half time differs.
      const all = layout.hosts.map(host => {
        const incident: Incident =
          type === 'death'
            ? { type, at: half, host: host.name }
            : { type, at: half, host: host.name, speed: host.speed / 4 }
        const until = simulate({ tasks, hosts: layout.hosts, stopAt: half }, new Scheduler(tasks))
        const left = layout.hosts.flatMap(each => {
          if (each.name !== host.name) return [each]
          return incident.type === 'death' ? [] : [{ ...each, speed: incident.speed }]
        })
        const possible = half + leastAfter(tasks, until, half, left, incident)
        return run(tasks, layout.hosts, tasks, [incident]).makespan / possible
      })
      const what = type === 'death' ? 'a host dies' : 'a host slows to a quarter'
      yield row(`${name}, ${what} at half time, ${layout.name}`, Math.max(...all), AIM)
    }
  }
}

/**
 * The best that is still possible after the incident, for one who knows it at once: `max(path / fastest, work / speeds)`
 * of what is not committed, on the hosts as they are from now on. What a host was at work on counts with what is left of
 * it, as if another could go on with it; what a dead host was at work on counts whole.
 */
function leastAfter(
  tasks: readonly Task[],
  until: SimulatedRun,
  now: number,
  left: readonly HostSpec[],
  incident: Incident,
): number {
  const done = new Map<string, number>()
  for (const job of until.jobs) {
    if (job.outcome === 'committed') done.set(job.task, 1)
    if (job.outcome !== 'running' || (incident.type === 'death' && job.host === incident.host)) continue
    done.set(job.task, Math.max(done.get(job.task) ?? 0, (now - job.start) / (job.end - job.start)))
  }
  const leftOf = (task: { id: string; seconds: number }): number => task.seconds * (1 - (done.get(task.id) ?? 0))
  const path = upwardRanks(makeGraph(tasks), node => leftOf(node.task)).reduce((most, rank) => Math.max(most, rank), 0)
  const work = tasks.reduce((sum, task) => sum + leftOf(task), 0)
  return Math.max(
    path / Math.max(...left.map(host => host.speed)),
    work / left.reduce((sum, host) => sum + host.speed, 0),
  )
}

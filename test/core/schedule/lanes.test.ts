import fc from 'fast-check'
import t from 'tap'
import { Lanes, type Choice } from '../../../lib/core/schedule/lanes.ts'
import { admits, jobLength, type HostSpec, type Task } from '../../../lib/core/schedule/model.ts'
import { EARLIEST_FINISH } from '../../../lib/core/schedule/policy.ts'
import { ScheduleState, type Item } from '../../../lib/core/schedule/state.ts'

const anyHost = fc.record({
  slots: fc.integer({ min: 1, max: 3 }),
  speed: fc.constantFrom(1, 1, 1.1, 2, 2.5, 8),
  overhead: fc.constantFrom(0, 0, 3),
  memory: fc.constantFrom(Infinity, Infinity, 10, 20),
})
const anyTask = fc.record({
  seconds: fc.constantFrom(0, 1, 10, 10, 37),
  memory: fc.constantFrom(0, 5, 15),
  parallel: fc.constantFrom(0, 0.5),
})

/** Looks at every lane. */
function slowly(lanes: Lanes, item: Item, now: number): { best: string; bestNow: string } {
  const { task } = item.node
  const choices = lanes.all
    .filter(({ host }) => admits(host.spec, task))
    .map((lane): Choice => {
      const length = jobLength(task, item.seconds, lane.host.spec, lane.host.speed, lane.share)
      const start = lane.earliest(item, length)
      return { lane, start, finish: start + length }
    })
    .sort((a, b) => a.finish - b.finish || a.start - b.start)
  return { best: timesOf(choices[0]), bestNow: timesOf(choices.find(each => each.start === now)) }
}

function timesOf(choice: Choice | null | undefined): string {
  return choice ? `${choice.start} to ${choice.finish}` : 'nowhere'
}

void t.test('whatever the hosts: the best of them is found, also when not all are looked at', async t => {
  fc.assert(
    fc.property(
      fc.array(anyHost, { minLength: 1, maxLength: 12 }),
      fc.array(anyTask, { minLength: 20, maxLength: 60 }),
      fc.integer({ min: 0, max: 10 }),
      (specs, tasks, running) => {
        const now = 100
        const state = new ScheduleState(tasks.map((task, i): Task => ({ id: `t${i}`, needs: [], ...task })))
        const hosts = specs.map((spec, i): HostSpec => ({ name: `h${i}`, ...spec }))
        for (const host of hosts) state.apply({ type: 'host-ready', at: 0, host })
        for (const [i, { name }] of hosts.slice(0, running).entries()) {
          state.apply({ type: 'started', at: 90, task: `t${i}`, host: name, cores: 1 })
        }
        const lanes = new Lanes(state, now, EARLIEST_FINISH)
        for (const item of state.ready.list) {
          const found = lanes.best(item)
          t.strictSame({ best: timesOf(found.best), bestNow: timesOf(found.bestNow) }, slowly(lanes, item, now))
          if (found.best) lanes.take(found.best, item)
        }
      },
    ),
    { numRuns: 100 },
  )
})

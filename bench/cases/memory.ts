/** A tenth of the packages need half of a host's memory. */
import { makeGraph } from '../../lib/core/schedule/graph.ts'
import type { HostSpec } from '../../lib/core/schedule/model.ts'
import { random } from '../../lib/core/schedule/random.ts'
import { plainBound } from '../bounds.ts'
import { speedsOf } from '../layouts.ts'
import { bestSingle, run, type NamedGraph } from '../measure.ts'
import { row, type Row } from '../row.ts'

const AIM = 1.15
const GIBIBYTE = 2 ** 30
const HOST_MEMORY = 16 * GIBIBYTE

/** The simulator throws if a host is given more than it has, so that a row means that it never was. */
export function* memoryBound({ name, tasks }: NamedGraph): Generator<Row> {
  for (const speeds of [
    [1, 1, 1, 1],
    [4, 2, 1, 1],
  ]) {
    const hosts: HostSpec[] = speeds.map((speed, index) => ({
      name: `host-${index}`,
      slots: 4,
      speed,
      memory: HOST_MEMORY,
    }))
    const figures: number[] = []
    const overSingle: number[] = []
    for (const seed of [1, 2, 3]) {
      const dice = random(seed)
      const mixed = tasks.map(task => ({ ...task, memory: dice() < 0.1 ? HOST_MEMORY / 2 : GIBIBYTE }))
      const { makespan } = run(mixed, hosts)
      // What is held of all hosts' memory, over time, cannot be more than there is.
      const held = mixed.reduce((sum, task) => sum + task.seconds * task.memory, 0)
      const room = speeds.reduce((sum, speed) => sum + speed * HOST_MEMORY, 0)
      const bound = Math.max(plainBound(makeGraph(mixed), speedsOf({ name: '', hosts })), held / room)
      figures.push(makespan / bound)
      overSingle.push(makespan / bestSingle(mixed, hosts, mixed))
    }
    const what = `${name}, memory-bound, ${speeds.join('/')} with 4 slots each`
    yield row(what, Math.max(...figures), AIM, 'no overcommit in 3 seeds: the simulator throws')
    yield row(`${what}, over best single host`, Math.max(...overSingle), 1)
  }
}

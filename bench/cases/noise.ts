/** With estimates that are wrong. */
import { makeGraph } from '../../lib/core/schedule/graph.ts'
import { plainBound } from '../bounds.ts'
import { speedsOf, UNEQUAL } from '../layouts.ts'
import { bestSingle, noisy, run, type NamedGraph } from '../measure.ts'
import { row, type Row } from '../row.ts'

export const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1)

export function* withNoise({ name, tasks }: NamedGraph): Generator<Row> {
  for (const { most, mean: meanAim, worst: worstAim } of [
    { most: 2, mean: 1.08, worst: 1.12 },
    { most: 4, mean: null, worst: 1.3 },
  ]) {
    for (const layout of UNEQUAL) {
      const bound = plainBound(makeGraph(tasks), speedsOf(layout))
      const figures: number[] = []
      const overSingle: number[] = []
      for (const seed of SEEDS) {
        const estimates = noisy(tasks, most, seed)
        const { makespan } = run(tasks, layout.hosts, estimates)
        figures.push(makespan / bound)
        overSingle.push(makespan / bestSingle(tasks, layout.hosts, estimates))
      }
      const what = `${name}, estimates off by ${1 / most} to ${most}, ${layout.name}`
      yield row(`${what}, mean`, figures.reduce((sum, each) => sum + each, 0) / figures.length, meanAim)
      yield row(`${what}, worst`, Math.max(...figures), worstAim)
      yield row(`${what}, worst over best single host`, Math.max(...overSingle), 1)
    }
  }
}

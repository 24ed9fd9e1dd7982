/** With estimates that are right. */
import { EQUAL, UNEQUAL } from '../layouts.ts'
import { bestSingle, measure, type NamedGraph } from '../measure.ts'
import { row, worstRow, type Row } from '../row.ts'

export const EQUAL_AIM = 1.005
export const UNEQUAL_AIM = 1.04

export function* onEqualHosts(what: string, graphs: readonly NamedGraph[]): Generator<Row> {
  for (const layout of EQUAL) {
    const all = graphs.map(graph => measure(graph, layout, EQUAL_AIM))
    yield worstRow(`${what}, ${layout.name}`, all, EQUAL_AIM)
  }
}

export function* onUnequalHosts(what: string, graphs: readonly NamedGraph[]): Generator<Row> {
  for (const layout of UNEQUAL) {
    const all = graphs.map(graph => {
      const measured = measure(graph, layout, UNEQUAL_AIM)
      return { ...measured, overSingle: measured.makespan / bestSingle(graph.tasks, layout.hosts, graph.tasks) }
    })
    yield worstRow(`${what}, ${layout.name}`, all, UNEQUAL_AIM)
    yield row(`${what}, ${layout.name}, over best single host`, Math.max(...all.map(each => each.overSingle)), 1)
  }
}

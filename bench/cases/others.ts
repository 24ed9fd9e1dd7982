/** What others would have done. */
import { makeGraph } from '../../lib/core/schedule/graph.ts'
import { simulate } from '../../lib/core/schedule/simulate.ts'
import { Baseline, type Order, type Rule } from '../baselines.ts'
import { plainBound } from '../bounds.ts'
import { EQUAL, layout, speedsOf, UNEQUAL, type Layout } from '../layouts.ts'
import { run, type NamedGraph } from '../measure.ts'
import { row, type Row } from '../row.ts'

const ORDERS: Order[] = ['FIFO', 'direct dependents', 'transitive count', "dpb's sum", 'critical path']
const RULES: Rule[] = ['fastest free host', "Nix's load over speed"]

export function* baselines({ name, tasks }: NamedGraph): Generator<Row> {
  const graph = makeGraph(tasks)
  const ratio = (makespan: number, where: Layout): number => makespan / plainBound(graph, speedsOf(where))
  const other = (where: Layout, order: Order, rule: Rule): number =>
    ratio(simulate({ tasks, hosts: where.hosts }, new Baseline(tasks, order, rule)).makespan, where)
  for (const order of ORDERS) {
    const worst = Math.max(...EQUAL.map(where => other(where, order, 'fastest free host')))
    yield row(`baseline: ${name}, 2 to 32 equal hosts, ${order}, worst`, worst, null)
  }
  const slotted = (speeds: number[]): Layout => ({
    name: `${speeds.join('/')} with 4 slots each`,
    hosts: layout(speeds).hosts.map(host => ({ ...host, slots: 4 })),
  })
  for (const where of [...UNEQUAL.slice(1), slotted([4, 2, 1, 1])]) {
    for (const rule of RULES) {
      yield row(`baseline: ${name}, ${where.name}, ${rule}`, other(where, 'critical path', rule), null)
    }
    const speeds = where.hosts.map(host => host.speed)
    const [first] = where.hosts
    if (first?.slots === 1) {
      const work = tasks.reduce((sum, task) => sum + task.seconds, 0)
      yield row(`baseline: ${name}, ${where.name}, fastest host alone`, ratio(work / Math.max(...speeds), where), null)
    }
    yield row(`ours: ${name}, ${where.name}`, ratio(run(tasks, where.hosts).makespan, where), null)
  }
}

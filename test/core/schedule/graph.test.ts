import t from 'tap'
import { lowerBound } from '../../../lib/core/schedule/bound.ts'
import { makeGraph, upwardRanks } from '../../../lib/core/schedule/graph.ts'
import { ScheduleState } from '../../../lib/core/schedule/state.ts'
import { hostsOf, tasksOf } from './support.ts'

void t.test('ranks are the longest way to the end, in seconds', t => {
  const graph = makeGraph(tasksOf('e:1 b:2<e c:7<e a:4<b,c'))
  t.strictSame([...upwardRanks(graph, node => node.task.seconds)], [12, 6, 11, 4])
  t.strictSame(
    graph.order.map(node => node.task.id),
    ['e', 'b', 'c', 'a'],
  )
  t.end()
})

void t.test('what is no plan is refused, by name', t => {
  t.throws(() => makeGraph(tasksOf('a:1<b')), /a needs b, which is not among the tasks/)
  t.throws(() => makeGraph(tasksOf('a:1<b b:1<a')), /in a circle, among them a/)
  t.throws(() => makeGraph(tasksOf('a:1 a:2')), /two tasks have the same id/)
  t.end()
})

void t.test('the bound: the path on the fastest host, or the work on all', t => {
  const boundOf = (tasks: string, ...speeds: number[]): unknown => {
    const state = new ScheduleState(tasksOf(tasks))
    for (const host of hostsOf(...speeds)) state.apply({ type: 'host-ready', at: 0, host })
    return lowerBound(state, 0)
  }
  t.strictSame(boundOf('a:8 b:8<a', 4, 1), { seconds: 4, limit: 'path', path: 4, work: 16 / 5 })
  t.strictSame(boundOf('a:8 b:8 c:8', 2, 1), { seconds: 8, limit: 'hosts', path: 4, work: 8 })
  t.end()
})

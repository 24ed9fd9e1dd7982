/** Simulates one large case, in a process of its own, and prints what it took. Used by cases/large.ts. */
import { makeGraph } from '../lib/core/schedule/graph.ts'
import { HOSTS, PACKAGES, type Fleet, type LargeResult } from './cases/large.ts'
import { plainBound } from './bounds.ts'
import { generate, type Shape } from './graphs.ts'
import { layout } from './layouts.ts'
import { run } from './measure.ts'

const [shape, fleet] = process.argv.slice(2) as [Shape, Fleet]
const tasks = generate(shape, PACKAGES, 1)
const speeds = Array.from({ length: HOSTS }, (_, host) => (fleet === 'equal' ? 1 : ([8, 4, 2, 1][host % 4] ?? 1)))
const before = process.cpuUsage()
const { makespan, decisions } = run(tasks, layout(speeds).hosts)
const { user, system } = process.cpuUsage(before)
const result: LargeResult = {
  overBound: makespan / plainBound(makeGraph(tasks), speeds),
  decisionMs: (user + system) / 1000 / decisions,
  memoryMb: process.resourceUsage().maxRSS / 1024,
}
console.log(JSON.stringify(result))

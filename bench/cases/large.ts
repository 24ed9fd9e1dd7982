/** 20 000 packages on 256 hosts: how long a decision takes, and how much memory. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SHAPES, type Shape } from '../graphs.ts'
import { row, type Row } from '../row.ts'

export const PACKAGES = 20_000
export const HOSTS = 256
const AIMS = { equal: 1.005, mixed: 1.04 }
const DECISION_MS = 1
const MEMORY_MB = 300

export type Fleet = keyof typeof AIMS

/** What a process of its own found out: its memory must not be that of the cases before. */
export interface LargeResult {
  overBound: number
  /** CPU time of the whole simulation, in milliseconds, over the decisions in it. */
  decisionMs: number
  /** The most memory that the process had resident. */
  memoryMb: number
}

export function* large(): Generator<Row> {
  const all: { shape: Shape; fleet: Fleet; result: LargeResult }[] = []
  for (const shape of SHAPES) {
    for (const fleet of ['equal', 'mixed'] as const) all.push({ shape, fleet, result: measureApart(shape, fleet) })
  }
  for (const { shape, fleet, result } of all) {
    yield row(`${shape}, ${PACKAGES} packages, ${HOSTS} ${fleet} hosts`, result.overBound, AIMS[fleet])
  }
  const worst = (of: (result: LargeResult) => number): number => Math.max(...all.map(each => of(each.result)))
  yield row(
    `CPU ms a decision, worst of those`,
    worst(each => each.decisionMs),
    DECISION_MS,
  )
  yield row(
    `resident MB of the process, worst of those`,
    worst(each => each.memoryMb),
    MEMORY_MB,
  )
}

function measureApart(shape: Shape, fleet: Fleet): LargeResult {
  const program = fileURLToPath(new URL('../large.js', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, shape, fleet], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${shape} ${fleet} ended with ${status ?? 'a signal'}: ${stderr}`)
  return JSON.parse(stdout) as LargeResult
}

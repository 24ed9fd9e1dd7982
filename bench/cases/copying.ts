/** What the rules of the copy cost where nothing changed: over one rsync of everything, as root, with exclusions. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { row, type Row } from '../row.ts'

export const FILES = [15_000, 300_000]
const PAIRS = 5
const AIM = 1.1

/** One rsync as root, unchanged. */
export interface First {
  seconds: number
  /** Seconds of CPU time. */
  cpu: number
  /** Entries that it looked at. */
  files: number
}

/** Seconds that the parts of a second run take. */
export interface Second {
  cpu: number
  /** Entries that the copy looked at. */
  files: number
  /** Finding out what may go. */
  rules: number
  /** Comparing the root; meanwhile it is found out again. */
  root: number
  /** Comparing what stands apart. */
  settled: number
}

/** What a process of its own found out. */
export interface CopyingResult {
  pairs: { before: First; after: Second }[]
}

export function* copying(counts: readonly number[]): Generator<Row> {
  if (process.geteuid?.() !== 0) {
    console.error('copying is left out: a root file system is copied as root')
    return
  }
  for (const count of counts) {
    const { pairs } = measure(count)
    const all = ({ rules, root, settled }: Second): number => rules + root + settled
    const figure = median(pairs.map(({ before, after }) => all(after) / before.seconds))
    const part = (of: (pair: CopyingResult['pairs'][number]) => number): string => median(pairs.map(of)).toFixed(2)
    const note = [
      `${part(pair => all(pair.after))} s over ${part(pair => pair.before.seconds)} s, medians of ${pairs.length}`,
      `rules ${part(pair => pair.after.rules)}, root ${part(pair => pair.after.root)}`,
      `apart ${part(pair => pair.after.settled)}`,
      `CPU time ${part(pair => pair.after.cpu)} over ${part(pair => pair.before.cpu)}`,
      `${pairs[0]?.after.files ?? 0} entries over ${pairs[0]?.before.files ?? 0}`,
    ].join('; ')
    yield row(`copying ${count} unchanged files over one rsync as root`, figure, AIM, note)
  }
}

function median(all: readonly number[]): number {
  const sorted = all.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]]
  return (low + high) / 2
}

function measure(count: number): CopyingResult {
  const program = fileURLToPath(new URL('../copying.js', import.meta.url))
  const { status, stdout } = spawnSync(process.execPath, [program, `${count}`, `${PAIRS}`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Error(`${program} ${count} ended with ${status ?? 'a signal'}`)
  return JSON.parse(stdout) as CopyingResult
}

/** A graph in the trace's format: packages with their wall time, and edges from what is needed to what needs it. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Task } from '../lib/core/schedule/model.ts'

export interface LoadedTrace {
  tasks: Task[]
  /** What was wrong with the file, and what was done about it, in sentences. */
  remarks: string[]
}

interface TracePackage {
  name: string
  wallMs?: number | null
  cpuMs?: number | null
  makeJobs?: number | null
  diskBytes?: number | null
}

const GZIP_MAGIC = 0x1f8b

/** Reads a file, gzip or plain. Throws an Error that says what is wrong with it. */
export function loadTrace(file: string): LoadedTrace {
  const bytes = readFileSync(file)
  const text = (bytes.length > 1 && bytes.readUInt16BE(0) === GZIP_MAGIC ? gunzipSync(bytes) : bytes).toString('utf8')
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new Error(`${file} is not JSON, nor gzip with JSON in it`, { cause })
  }
  return readTrace(parsed, file)
}

export function readTrace(parsed: unknown, file: string): LoadedTrace {
  const packages = field(parsed, 'packages')
  const edges = field(parsed, 'edges') ?? []
  if (!Array.isArray(packages) || !packages.every(isPackage)) {
    throw new Error(`${file} has no list "packages" of objects with a "name"`)
  }
  if (packages.length === 0) throw new Error(`${file} has no packages`)
  if (!Array.isArray(edges)) throw new Error(`the "edges" of ${file} are not a list`)
  const remarks: string[] = []
  const numbers = new Map(packages.map((each, number) => [each.name, number]))
  const ids = packages.map((each, number) => (numbers.get(each.name) === number ? each.name : `${each.name}#${number}`))
  if (numbers.size < packages.length) remarks.push('names that occur more than once got their number as a suffix')

  const known = packages.map(each => each.wallMs).filter(isDuration)
  const missing = packages.length - known.length
  const standard = known.length > 0 ? median(known) : 60_000
  if (missing > 0) {
    const source = known.length > 0 ? 'the median of the others' : 'as none has one'
    remarks.push(`${missing} packages without a duration were given ${standard / 1000} s, ${source}`)
  }

  const numberOf = (end: unknown): number | undefined => {
    if (typeof end === 'string') return numbers.get(end)
    return typeof end === 'number' && Number.isInteger(end) && end >= 0 && end < packages.length ? end : undefined
  }
  const needs = packages.map(() => new Set<number>())
  let unknown = 0
  let own = 0
  for (const edge of edges) {
    const [need, user] = Array.isArray(edge) ? [numberOf(edge[0]), numberOf(edge[1])] : []
    if (need === undefined || user === undefined) unknown++
    else if (need === user) own++
    else needs[user]?.add(need)
  }
  if (unknown > 0) remarks.push(`${unknown} edges that name no package of the file were dropped`)
  if (own > 0) remarks.push(`${own} edges from a package to itself were dropped`)
  const closing = dropCycles(needs)
  if (closing > 0) remarks.push(`${closing} edges that close a circle were dropped`)

  const tasks = packages.map((each, number) => {
    const { wallMs, cpuMs, makeJobs } = each
    const seconds = (isDuration(wallMs) ? wallMs : standard) / 1000
    return {
      id: ids[number] ?? '',
      needs: [...(needs[number] ?? [])].map(need => ids[need] ?? ''),
      seconds,
      ...parallelism(seconds, cpuMs, makeJobs),
      ...(isDuration(each.diskBytes) ? { disk: each.diskBytes } : {}),
    }
  })
  return { tasks, remarks }
}

/** The part that spread over cores, from CPU time over wall time on so many make jobs, by Amdahl's law. */
function parallelism(
  seconds: number,
  cpuMs: number | null | undefined,
  makeJobs: number | null | undefined,
): { cores: number; parallel: number } {
  if (!isDuration(cpuMs) || !makeJobs || makeJobs <= 1) return { cores: 1, parallel: 0 }
  const speedup = Math.min(makeJobs, Math.max(1, cpuMs / 1000 / seconds))
  // seconds = serial + spread / makeJobs, and serial + spread = speedup * seconds.
  const spread = ((speedup - 1) * makeJobs) / (makeJobs - 1)
  return { cores: makeJobs, parallel: Math.min(1, spread / makeJobs) }
}

/** Removes each edge that leads back to a package on the way to it. Returns how many. */
function dropCycles(needs: readonly Set<number>[]): number {
  const state = new Uint8Array(needs.length)
  let dropped = 0
  for (let root = 0; root < needs.length; root++) {
    const stack = [{ at: root, left: [...(needs[root] ?? [])] }]
    if (state[root] !== 0) continue
    state[root] = 1
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const need = top.left.pop()
      if (need === undefined) {
        state[top.at] = 2
        stack.pop()
      } else if (state[need] === 1) {
        needs[top.at]?.delete(need)
        dropped++
      } else if (state[need] === 0) {
        state[need] = 1
        stack.push({ at: need, left: [...(needs[need] ?? [])] })
      }
    }
  }
  return dropped
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}

function isPackage(value: unknown): value is TracePackage {
  return typeof field(value, 'name') === 'string'
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}

/** The one line that shows how a run stands: a pure function of the state, the hosts' doings and the width. */
import type { RunState } from '../core/run/run-state.ts'
import { bytes, duration } from '../core/units.ts'

/** What a host is doing, besides what the state knows: since when it builds what, how far its copy has come. */
export interface Doing {
  /** By package: when its job began (ms), and the phase that it is in. */
  jobs: ReadonlyMap<string, { since: number; phase: string }>
  /** By host. */
  copies: ReadonlyMap<string, { bytes: number; percent: number }>
}

/** `now` in milliseconds. Parts that do not fit into `width` columns are left away from the right, never cut in half. */
export function progressLine(state: RunState, doing: Doing, now: number, width: number): string {
  const parts = [`Farm: ${state.count('committed')} of ${state.plan.packages.length} built`]
  if (state.count('failed') > 0) parts.push(`${state.count('failed')} failed`)
  for (const [host, found] of state.hosts) {
    if (found.state === 'connecting') parts.push(`${host}: connecting`)
    if (found.state === 'mirroring') {
      const copy = doing.copies.get(host)
      parts.push(`${host}: copying${copy ? ` ${bytes(copy.bytes)} ${copy.percent}%` : ''}`)
    }
    for (const id of state.running(host)) {
      const job = doing.jobs.get(id)
      const name = state.plan.byId.get(id)?.package.cpv.split('/')[1] ?? id
      parts.push(
        `${host}: ${name}${job ? ` ${job.phase} ${duration((now - job.since) / 1000)}`.replace('  ', ' ') : ''}`,
      )
    }
  }
  let line = parts[0] ?? ''
  for (const part of parts.slice(1)) {
    if (line.length + 2 + part.length > width) break
    line += `, ${part}`
  }
  return line.length > width ? '' : line
}

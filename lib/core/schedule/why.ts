/** Why a task is where it is: for people who wonder why a host was not chosen. */
import { admits } from './model.ts'
import { Lane } from './outlook.ts'
import { place } from './place.ts'
import type { Policy } from './policy.ts'
import { lengthOn, type Host, type Item, type ScheduleState } from './state.ts'

/** What a host would be for the task. */
export interface Option {
  host: string
  /** When it would be finished there; null: never. */
  finish: number | null
  /** Why not; empty if the host could do it. */
  obstacle: '' | 'not there' | 'has failed it' | 'not allowed' | 'too little memory' | 'too little disk'
}

export type Why =
  /** It waits for what it needs: these are not there yet. */
  | { state: 'waiting'; needs: string[] }
  /** It could start. `next`: where it is expected to go; null: no host can do it. */
  | { state: 'ready'; next: { host: string; start: number; finish: number } | null; options: Option[] }
  /** It runs there, first where it was started first. */
  | { state: 'running'; on: { host: string; since: number; finish: number; cores: number }[] }
  | { state: 'built' | 'committed' | 'left' | 'given-up' }

export function explain(state: ScheduleState, item: Item, now: number, policy: Policy): Why {
  switch (item.phase) {
    case 'waiting': {
      const needs = item.node.needs.filter(need => state.item(need).phase !== 'committed')
      return { state: 'waiting', needs: needs.map(need => need.task.id) }
    }
    case 'ready': {
      const { starts, waiting } = place(state, now, policy)
      const found = [...starts, ...waiting].find(each => each.item === item)
      const options = state.hosts.map(host => optionOf(state, item, host, now))
      if (found) {
        const { host, start, finish } = found
        return { state: 'ready', next: { host: host.spec.name, start, finish }, options }
      }
      const [soonest] = options.filter(each => each.finish !== null).sort((a, b) => (a.finish ?? 0) - (b.finish ?? 0))
      if (!soonest) return { state: 'ready', next: null, options }
      const finish = soonest.finish ?? now
      const host = state.host(soonest.host)
      return { state: 'ready', next: { host: soonest.host, start: finish - lengthOn(item, host), finish }, options }
    }
    case 'running': {
      const on = item.copies.map(({ host, start, length, cores }) => ({
        host: host.spec.name,
        since: start,
        finish: start + length,
        cores,
      }))
      return { state: 'running', on }
    }
    case 'built':
    case 'committed':
    case 'left':
    case 'given-up':
      return { state: item.phase }
    default:
      return item.phase satisfies never
  }
}

function optionOf(state: ScheduleState, item: Item, host: Host, now: number): Option {
  const { task } = item.node
  const { name, memory, disk } = host.spec
  const no = (obstacle: Option['obstacle']): Option => ({ host: name, finish: null, obstacle })
  if (!host.up) return no('not there')
  if (item.refusedBy.has(name)) return no('has failed it')
  if (task.memory > memory) return no('too little memory')
  if (task.disk > disk) return no('too little disk')
  if (!admits(host.spec, task)) return no('not allowed')
  const length = lengthOn(item, host)
  return { host: name, finish: new Lane(state, host, now).earliest(item, length) + length, obstacle: '' }
}

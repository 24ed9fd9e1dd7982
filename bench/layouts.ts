/** The hosts that schedules are tried on. */
import type { HostSpec } from '../lib/core/schedule/model.ts'

export interface Layout {
  name: string
  hosts: HostSpec[]
}

/** Hosts that build one package at a time, with these speeds. */
export function layout(speeds: readonly number[], name = speeds.join('/')): Layout {
  return { name, hosts: speeds.map((speed, index) => ({ name: `host-${index}`, slots: 1, speed })) }
}

export const EQUAL: readonly Layout[] = [2, 4, 8, 16, 32].map(count =>
  layout(Array<number>(count).fill(1), `${count} equal hosts`),
)

export const UNEQUAL: readonly Layout[] = [
  layout([1, 1, 1, 1]),
  layout([4, 2, 1, 1]),
  layout([8, 1, 1, 1, 1, 1, 1, 1], '8/1x7'),
]

export function speedsOf({ hosts }: Layout): number[] {
  return hosts.flatMap(host => Array<number>(host.slots).fill(host.speed))
}

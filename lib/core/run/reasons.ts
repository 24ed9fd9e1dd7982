/** What spoke for a host, in words. */
import type { PlannedPackage } from '../plan.ts'
import type { Option, Why } from '../schedule/why.ts'
import { duration } from '../units.ts'

/** How many other hosts are compared with the one that was taken. */
const COMPARED = 3

/**
 * @param why what the scheduler says of the package before its job starts; null: it says nothing
 * @param now in the scheduler's seconds
 */
export function reasons(
  { preferred, barred }: PlannedPackage,
  host: string,
  isCopy: boolean,
  why: Why | null,
  now: number,
): string[] {
  const pattern = preferred.get(host)
  return [
    ...(isCopy ? [`a second copy: ${copied(why, now)}`] : []),
    ...(pattern === undefined ? [] : [`farm.yaml prefers ${host} for ${pattern}`]),
    ...[...preferred]
      .filter(([name]) => name !== host && pattern === undefined)
      .map(([name]) => `${name} is preferred, and could not take it`),
    ...[...barred].map(([name, words]) => `farm.yaml keeps it from ${name}: ${words}`),
    ...(why?.state === 'ready' ? compared(why.options, host, now) : []),
  ]
}

function copied(why: Why | null, now: number): string {
  const [first] = why?.state === 'running' ? why.on : []
  const since = first ? `it has been at work on ${first.host} for ${duration(now - first.since)}, and ` : 'it '
  return `${since}may be finished here first`
}

function compared(options: readonly Option[], host: string, now: number): string[] {
  const those = options.filter(each => each.host !== host && each.obstacle !== 'not there')
  const here = options.find(each => each.host === host)
  if (!here || here.finish === null) return []
  const expected = `expected to be done there in ${duration(here.finish - now)}`
  if (those.length === 0) return [expected]
  const others = those
    .sort((a, b) => (a.finish ?? Infinity) - (b.finish ?? Infinity))
    .slice(0, COMPARED)
    .map(each =>
      each.finish === null
        ? `not on ${each.host}, ${OBSTACLES[each.obstacle]}`
        : `on ${each.host} in ${duration(each.finish - now)}`,
    )
  return [`${expected}; ${others.join(', ')}`]
}

const OBSTACLES: Record<Option['obstacle'], string> = {
  '': '',
  'not there': 'which is not there',
  'has failed it': 'where it failed',
  'not allowed': 'which must not have it',
  'too little memory': 'which has too little memory',
  'too little disk': 'which has too little space',
}

/** Holds the farm's side against what the scenario expects of it, so that nothing passes without a farm. Pure. */
import type { FarmEvent } from '../../lib/core/event.ts'
import type { Difference, Expectation } from './scenario.ts'

/** `runs`: the events of each run of the farm, in order. */
export function judge(expectation: Expectation, runs: FarmEvent[][]): Difference[] {
  const { home = {}, unbuilt = [], ready = [], hosts = 0, farm = true } = expectation
  const events = runs.flat()
  const planned = new Set(events.flatMap(event => (event.type === 'planned' ? [cpvOf(event.package)] : [])))
  if (!farm) return planned.size === 0 ? [] : [wrong('merge list', 'no farm', [...planned].join(' '))]
  const binaries = new Set(
    events.flatMap(event => (event.type === 'planned' && event.where === 'ready' ? [cpvOf(event.package)] : [])),
  )
  if (planned.size === 0) return [wrong('merge list', 'built by the farm', 'nothing was planned')]
  // Emerge says which path a package took that was built here, and that is committed as by a host of the name `home`.
  const built = new Set(
    events.flatMap(event => (event.type === 'committed' && event.host !== 'home' ? [cpvOf(event.package)] : [])),
  )
  const reasons = new Map(
    events.flatMap(event => (event.type === 'sent-home' ? [[cpvOf(event.package), event.reason] as const] : [])),
  )
  const failures = new Map(
    events.flatMap(event => {
      if (event.type !== 'attempt-failed' && event.type !== 'failed') return []
      return [[cpvOf(event.package), event.reason] as const]
    }),
  )
  const happened = (cpv: string): string => {
    if (binaries.has(cpv)) return 'a binary package'
    const reason = reasons.get(cpv)
    if (reason !== undefined) return `sent home: ${reason}`
    if (built.has(cpv)) return 'built on a host'
    const failure = failures.get(cpv)
    return failure === undefined ? 'not built' : `not built: ${failure}`
  }
  const odd = [...planned].sort().flatMap(cpv => {
    const is = happened(cpv)
    const reason = home[cpv]
    if (reason !== undefined) return reasons.get(cpv)?.includes(reason) ? [] : [wrong(cpv, `sent home: ${reason}`, is)]
    if (ready.includes(cpv)) return binaries.has(cpv) ? [] : [wrong(cpv, 'a binary package', is)]
    if (unbuilt.includes(cpv)) return built.has(cpv) ? [wrong(cpv, 'not built', is)] : []
    return is === 'built on a host' ? [] : [wrong(cpv, 'built on a host', is)]
  })
  const builders = new Set(
    events.flatMap(event => (event.type === 'committed' && event.host !== 'home' ? [event.host] : [])),
  )
  if (builders.size < hosts) odd.push(wrong('hosts', `${hosts} that built`, [...builders].join(' ')))
  const unknown = [...Object.keys(home), ...unbuilt, ...ready].filter(cpv => !planned.has(cpv))
  return [...odd, ...unknown.map(cpv => wrong(cpv, 'in a merge list', 'not there'))]
}

const wrong = (where: string, expected: string, is: string): Difference => ({
  where,
  field: 'expected of the farm',
  plain: expected,
  farm: is,
})

/** `app-toy/x-1::repository` without its repository. */
const cpvOf = (id: string): string => id.replace(/::.*$/, '')

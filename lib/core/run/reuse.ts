/** What of a run that was broken off can still be used: its packages, and what hosts are still at work on for it. */
import type { FarmEvent } from '../event.ts'
import { makePlan, type Plan, type PlannedPackage } from '../plan.ts'
import type { PlanRequest, RequestPackage } from '../request.ts'

/** What a build could see of this system besides what the plan says. */
export interface SystemState {
  /** What is installed: `category/name-version`, and its COUNTER in the vdb, which each merge makes another. */
  installed: Record<string, string>
  /** A digest of what decides how packages are built and is not in the plan: eclasses, patches, env, bashrc, … */
  configured: string
}

/** A run whose process is gone, as its directory tells it. */
export interface EarlierRun {
  run: string
  request: PlanRequest
  /** As it was when that run began. */
  system: SystemState
  events: readonly FarmEvent[]
}

/** A package that it committed. */
export interface Finished {
  run: string
  path: string
  elog: string
}

export interface Reusable {
  committed: ReadonlyMap<string, Finished>
  /** By package: the hosts that had not ended their work on it. */
  running: ReadonlyMap<string, readonly string[]>
}

export const NOTHING_REUSABLE: Reusable = { committed: new Map(), running: new Map() }

/**
 * A package is what a build would make of it now if Portage asks for the same one, nothing else changed here than what
 * that run installed, and whatever its job root had been given is the same as well.
 */
export function reusable(earlier: EarlierRun, request: PlanRequest, plan: Plan, system: SystemState): Reusable {
  if (!isSameSystem(earlier, request, system)) return NOTHING_REUSABLE
  const before = makePlan(earlier.request)
  const { finished, unfinished } = outcomeOf(earlier)
  const committed = new Map<string, Finished>()
  const running = new Map<string, string[]>()
  /** It was installed by that run, or will be what that run made. */
  const isGiven = ({ id, operation }: PlannedPackage['steps'][number]): boolean => {
    const cpv = before.byId.get(id)?.package.cpv
    if (operation === 'uninstall') return plan.positions.has(id) || !Object.hasOwn(system.installed, withoutRepo(id))
    if (plan.positions.has(id)) return committed.has(id)
    return cpv !== undefined && system.installed[cpv] !== undefined
  }
  for (const each of plan.packages) {
    const old = before.byId.get(each.id)
    if (each.where !== 'farm' || !old || !isSame(each.package, old.package)) continue
    const known = new Set(old.steps.map(step => step.id))
    if (!each.steps.every(step => known.has(step.id)) || !old.steps.every(isGiven)) continue
    const found = finished.get(each.id)
    const hosts = unfinished.get(each.id) ?? new Set()
    if (found) committed.set(each.id, { run: earlier.run, ...found })
    else if (hosts.size > 0) running.set(each.id, [...hosts])
  }
  return { committed, running }
}

function isSameSystem(earlier: EarlierRun, request: PlanRequest, system: SystemState): boolean {
  const { request: before } = earlier
  if (earlier.system.configured !== system.configured || request.portage !== before.portage) return false
  if (!isEqual(request.settings, before.settings) || !isEqual(request.environment, before.environment)) return false
  const names = new Set([...Object.keys(earlier.system.installed), ...Object.keys(system.installed)])
  const changed = [...names].filter(cpv => earlier.system.installed[cpv] !== system.installed[cpv])
  const merged = new Set(before.mergeList)
  const packages = new Set(before.packages.filter(each => merged.has(each.id)).map(each => each.cp))
  return changed.every(cpv => packages.has(nameOf(cpv)))
}

/** `category/name` of `category/name-version`: PMS 3.2, where a version begins at the last hyphen before a digit. */
function nameOf(cpv: string): string {
  return cpv.replace(/-\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|p)\d*)*(-r\d+)?$/, '')
}

function withoutRepo(id: string): string {
  return id.replace(/::.*$/, '')
}

/** Whether both are the same build. */
function isSame(a: RequestPackage, b: RequestPackage): boolean {
  return isEqual(buildOf(a), buildOf(b))
}

/** What of a package decides what its build comes to. What a `:=` is bound to is compared with the package itself. */
export function buildOf(found: RequestPackage): object {
  const distfiles = found.distfiles.map(({ name, size }) => ({ name, size }))
  const expected = found.expected && { ...found.expected, bindings: null }
  return { ...found, matches: null, distfiles, expected }
}

function outcomeOf({ events }: EarlierRun): {
  finished: Map<string, Omit<Finished, 'run'>>
  unfinished: Map<string, Set<string>>
} {
  const finished = new Map<string, Omit<Finished, 'run'>>()
  const unfinished = new Map<string, Set<string>>()
  for (const event of events) {
    switch (event.type) {
      case 'job-started':
        unfinished.set(event.package, new Set([...(unfinished.get(event.package) ?? []), event.host]))
        break
      case 'attempt-failed':
      case 'job-cancelled':
        unfinished.get(event.package)?.delete(event.host)
        break
      case 'committed':
        finished.set(event.package, { path: event.path, elog: event.elog ?? '' })
        break
      default:
    }
  }
  return { finished, unfinished }
}

/** Both were written by the same bridge, which has one order for all fields. */
function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

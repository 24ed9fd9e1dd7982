/** From Portage's resolution to the farm's plan: what is built where, and what each build needs first. */
import type { PlanRequest, RequestEdge, RequestPackage } from './request.ts'

/** Something that a job root must have seen before a build: a package installed, or one removed. */
export interface RootStep {
  id: string
  operation: 'install' | 'uninstall'
}

export interface PlannedPackage {
  id: string
  package: RequestPackage
  /** Its place in Portage's merge list, from 0. */
  position: number
  /** `farm`: built on a host. `home`: left to Portage here. `ready`: a binary package that is already here. */
  where: 'farm' | 'home' | 'ready'
  /** Why it is left to Portage here; empty otherwise. */
  reason: string
  /** What its root must have seen before it is built, in merge list order. */
  steps: RootStep[]
  /** The packages that must be committed before it is built: the `install` steps. */
  needs: string[]
  /** Those among `needs` that what is installed satisfies as well: if they fail, this one can still be built. */
  optional: ReadonlySet<string>
  /** Upward rank: the length of the longest chain of builds that starts with it. The higher, the more urgent. */
  rank: number
}

export interface Plan {
  /** In merge list order. */
  packages: PlannedPackage[]
  byId: ReadonlyMap<string, PlannedPackage>
}

/** The edges of a package that decide what its build must find installed. */
const NEEDED_TO_BUILD = new Set(['buildtime', 'buildtime_slot_op', 'runtime_slot_op'])
/** The edges of what a build needs that decide what makes it usable, and installable. */
const NEEDED_TO_USE = new Set(['runtime', 'runtime_slot_op', 'runtime_post', 'installtime'])

/**
 * A plan out of what Portage resolved.
 *
 * Only edges to packages that come earlier in the merge list count, which is also how Portage's own scheduler decides
 * what may be built at the same time (`Scheduler._dependent_on_uncompleted_merges`). So the plan has no cycles,
 * whatever the graph has, and a package never sees a version that plain emerge would have installed after it.
 */
export function makePlan(request: PlanRequest): Plan {
  const known = new Map(request.packages.map(each => [each.id, each]))
  const position = new Map(request.mergeList.map((id, index) => [id, index]))
  const edges = edgesByParent(request.edges)
  const packages: PlannedPackage[] = []
  for (const [index, id] of request.mergeList.entries()) {
    const found = known.get(id)
    if (!found) throw new Error(`the merge list has ${id}, which is not among the packages of the plan request`)
    if (found.operation !== 'merge') continue
    const steps = request.nodeps ? everythingBefore(request, known, index) : rootSteps(id, index)
    packages.push({
      id,
      package: found,
      position: index,
      ...whereToBuild(found, request.settings.FEATURES),
      steps,
      needs: steps.filter(step => step.operation === 'install').map(step => step.id),
      optional: new Set((edges.get(id) ?? []).filter(edge => edge.satisfied).map(edge => edge.to)),
      rank: 0,
    })
  }
  setRanks(packages)
  return { packages, byId: new Map(packages.map(each => [each.id, each])) }

  /** The closure of what a build needs, within what comes before it in the merge list. */
  function rootSteps(id: string, before: number): RootStep[] {
    const seen = new Set([id])
    const steps: RootStep[] = []
    const stack = [{ id, kinds: NEEDED_TO_BUILD }]
    for (let at = stack.pop(); at; at = stack.pop()) {
      for (const edge of edges.get(at.id) ?? []) {
        const child = known.get(edge.to)
        if (!child || seen.has(edge.to) || edge.kinds.includes('ignored')) continue
        const place = position.get(edge.to)
        if (place !== undefined && place >= before) continue
        if (child.operation !== 'uninstall' && !edge.kinds.some(kind => at.kinds.has(kind))) continue
        seen.add(edge.to)
        if (place !== undefined) {
          steps.push({ id: edge.to, operation: child.operation === 'uninstall' ? 'uninstall' : 'install' })
        }
        if (child.operation !== 'uninstall') stack.push({ id: edge.to, kinds: NEEDED_TO_USE })
      }
    }
    return steps.sort((a, b) => (position.get(a.id) ?? 0) - (position.get(b.id) ?? 0))
  }
}

/** With `--nodeps` nothing says what depends on what: the order of the list is all that plain emerge goes by. */
function everythingBefore(request: PlanRequest, known: Map<string, RequestPackage>, index: number): RootStep[] {
  return request.mergeList.slice(0, index).map(id => ({
    id,
    operation: known.get(id)?.operation === 'uninstall' ? ('uninstall' as const) : ('install' as const),
  }))
}

function edgesByParent(edges: RequestEdge[]): Map<string, RequestEdge[]> {
  const byParent = new Map<string, RequestEdge[]>()
  for (const edge of edges) {
    const those = byParent.get(edge.from)
    if (those) those.push(edge)
    else byParent.set(edge.from, [edge])
  }
  return byParent
}

/** The packages that stay with Portage here, whatever the hosts can do. */
function whereToBuild(
  found: RequestPackage,
  features: readonly string[],
): { where: PlannedPackage['where']; reason: string } {
  if (found.type === 'binary') {
    return found.path === undefined ? { where: 'home', reason: 'its binary package is fetched here' } : ready
  }
  if (found.root !== '/') return { where: 'home', reason: `it is for the root ${found.root}` }
  // Portage would refuse to install what comes back.
  if (features.includes('binpkg-request-signature')) return { where: 'home', reason: 'hosts do not sign packages' }
  if (found.restrict.includes('fetch')) return { where: 'home', reason: 'RESTRICT=fetch' }
  if (found.properties.includes('interactive')) return { where: 'home', reason: 'PROPERTIES=interactive' }
  const module = found.inherited.find(eclass => /^linux-mod(-r\d+)?$/.test(eclass))
  if (module) return { where: 'home', reason: `it builds kernel modules (${module}.eclass)` }
  return { where: 'farm', reason: '' }
}

const ready = { where: 'ready', reason: '' } as const

/**
 * The upward rank of each package (Topcuoglu, Hariri, Wu: "Performance-effective and low-complexity task scheduling",
 * 2002), with each build counted as 1 and what is already here as 0. The merge list is a topological order.
 */
function setRanks(packages: PlannedPackage[]): void {
  const longestAfter = new Map<string, number>()
  for (const each of packages.toReversed()) {
    each.rank = (each.where === 'ready' ? 0 : 1) + (longestAfter.get(each.id) ?? 0)
    for (const need of each.needs) longestAfter.set(need, Math.max(longestAfter.get(need) ?? 0, each.rank))
  }
}

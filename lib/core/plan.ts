/** From Portage's resolution to the farm's plan: what is built where, and what each build needs first. */
import {
  hostWishes,
  NO_POLICY,
  signaturesOf,
  whereToBuild,
  type HostWishes,
  type Policy,
  type Where,
} from './policy.ts'
import type { PlanRequest, RequestPackage } from './request.ts'

/** Something that a job root must have seen before a build: a package installed, or one removed. */
export interface RootStep {
  id: string
  operation: 'install' | 'uninstall'
}

export interface PlannedPackage extends Where, HostWishes {
  id: string
  package: RequestPackage
  /** Its place in Portage's merge list, from 0. */
  position: number
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
  /** The place in Portage's merge list of all that is merged or uninstalled. */
  positions: ReadonlyMap<string, number>
}

/** The edges of a package that decide what its build must find installed. */
const NEEDED_TO_BUILD = new Set(['buildtime', 'buildtime_slot_op', 'runtime_slot_op'])
/** The edges of what a build needs that decide what makes it usable, and installable. */
const NEEDED_TO_USE = new Set(['runtime', 'runtime_slot_op', 'runtime_post', 'installtime'])

/**
 * A plan out of what Portage resolved, and of what farm.yaml says of it. Default: nothing.
 *
 * Only edges to packages that come earlier in the merge list count, which is also how Portage's own scheduler decides
 * what may be built at the same time (`Scheduler._dependent_on_uncompleted_merges`). So the plan has no cycles,
 * whatever the graph has, and a package never sees a version that plain emerge would have installed after it.
 */
export function makePlan(request: PlanRequest, policy: Policy = NO_POLICY): Plan {
  const known = new Map(request.packages.map(each => [each.id, each]))
  const mergeList = request.mergeList.map(id => {
    const found = known.get(id)
    if (!found) throw new Error(`the merge list has ${id}, which is not among the packages of the plan request`)
    return found
  })
  const steps = mergeList.map(stepOf)
  // What is merged here stands for what is built here, and needs no signature; what is made for PKGDIR does.
  const signatures = request.action === 'buildpkgonly' ? signaturesOf(request.settings) : 'none'
  const closures = new Closures(request, mergeList)
  const packages: PlannedPackage[] = []
  for (const [position, found] of mergeList.entries()) {
    if (found.operation !== 'merge') continue
    // With --nodeps nothing says what depends on what: the order of the list is all that plain emerge goes by.
    const before = request.nodeps ? steps.slice(0, position) : pick(steps, closures.of(position, false))
    const needs = idsOf(before)
    const required = request.nodeps ? needs : idsOf(pick(steps, closures.of(position, true)))
    packages.push({
      id: found.id,
      package: found,
      position,
      ...whereToBuild(found, signatures, policy),
      ...hostWishes(found, policy),
      steps: before,
      needs,
      optional: required.length === needs.length ? NONE : without(needs, required),
      rank: 0,
    })
  }
  setRanks(packages)
  return {
    packages,
    byId: new Map(packages.map(each => [each.id, each])),
    positions: new Map(mergeList.map((each, position) => [each.id, position])),
  }
}

const NONE: ReadonlySet<string> = new Set()

function without(ids: readonly string[], taken: readonly string[]): Set<string> {
  const kept = new Set(ids)
  for (const id of taken) kept.delete(id)
  return kept
}

function stepOf({ id, operation }: RequestPackage): RootStep {
  return { id, operation: operation === 'uninstall' ? 'uninstall' : 'install' }
}

function idsOf(steps: readonly RootStep[]): string[] {
  return steps.filter(step => step.operation === 'install').map(step => step.id)
}

function pick<T>(list: readonly T[], places: readonly number[]): T[] {
  const picked: T[] = []
  for (const place of places) {
    const each = list[place]
    if (each !== undefined) picked.push(each)
  }
  return picked
}

interface Edge {
  to: number
  toBuild: boolean
  toUse: boolean
  satisfied: boolean
}

/** What each build needs, directly and indirectly. Nodes are numbers: those of the merge list come first, in its order. */
class Closures {
  readonly #edges: Edge[][]
  readonly #isUninstall: boolean[]
  /** How many nodes are of the merge list. */
  readonly #listed: number
  /** The search that last came to a node. */
  readonly #seen: Int32Array
  #search = 0

  constructor(request: PlanRequest, mergeList: readonly RequestPackage[]) {
    const listed = new Set(mergeList)
    const nodes = [...mergeList, ...request.packages.filter(each => !listed.has(each))]
    const numbers = new Map(nodes.map((each, number) => [each.id, number]))
    this.#isUninstall = nodes.map(each => each.operation === 'uninstall')
    this.#edges = nodes.map(() => [])
    this.#seen = new Int32Array(nodes.length)
    for (const edge of request.edges) {
      const from = numbers.get(edge.from)
      const to = numbers.get(edge.to)
      if (from === undefined || to === undefined || edge.kinds.includes('ignored')) continue
      const uninstall = this.#isUninstall[to] === true
      this.#edges[from]?.push({
        to,
        toBuild: uninstall || edge.kinds.some(kind => NEEDED_TO_BUILD.has(kind)),
        toUse: uninstall || edge.kinds.some(kind => NEEDED_TO_USE.has(kind)),
        satisfied: edge.satisfied,
      })
    }
    this.#listed = mergeList.length
  }

  /**
   * The places in the merge list, ascending, of what the build of the package at `position` needs: what it needs to
   * build, and what that needs to be usable, also through what is installed. `required`: without what is needed only
   * by edges that something installed satisfies as well.
   */
  of(position: number, required: boolean): number[] {
    const search = ++this.#search
    let last = -1
    const stack = [position]
    this.#seen[position] = search
    for (let from = stack.pop(); from !== undefined; from = stack.pop()) {
      for (const { to, toBuild, toUse, satisfied } of this.#edges[from] ?? []) {
        const isListed = to < this.#listed
        if (!(from === position ? toBuild : toUse) || this.#seen[to] === search) continue
        if ((required && satisfied) || (isListed && to >= position)) continue
        this.#seen[to] = search
        if (isListed && to > last) last = to
        if (this.#isUninstall[to] !== true) stack.push(to)
      }
    }
    const found: number[] = []
    for (let place = 0; place <= last; place++) {
      if (this.#seen[place] === search && place !== position) found.push(place)
    }
    return found
  }
}

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

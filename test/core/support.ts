/** What the pure tests share: plan requests that are small and complete, and events with a stamp. */
import fc from 'fast-check'
import type { Fault, FarmEvent, Happening } from '../../lib/core/event.ts'
import { makePlan, type Plan } from '../../lib/core/plan.ts'
import type { PlanRequest, RequestEdge, RequestPackage } from '../../lib/core/request.ts'
import { RunState } from '../../lib/core/run/run-state.ts'

/** An ebuild that is merged; its id is its bare name. */
export function ebuild(name: string, more: Partial<RequestPackage> = {}): RequestPackage {
  return {
    id: name,
    type: 'ebuild',
    operation: 'merge',
    root: '/',
    cpv: `app-toy/${name}-1`,
    cp: `app-toy/${name}`,
    slot: '0',
    subSlot: '0',
    repo: 'toys',
    eapi: '8',
    use: [],
    dependencies: {},
    variables: {},
    restrict: [],
    properties: [],
    inherited: [],
    distfiles: [],
    ...more,
  }
}

export function installed(name: string): RequestPackage {
  return ebuild(name, { type: 'installed', operation: 'nomerge' })
}

export function uninstall(name: string): RequestPackage {
  return ebuild(name, { type: 'installed', operation: 'uninstall' })
}

/** `from` needs `to`; the kinds are words in one string. */
export function edge(from: string, to: string, kinds = 'buildtime', satisfied = false): RequestEdge {
  return { from, to, kinds: kinds.split(' '), satisfied }
}

/** A request whose merge list is the order of its packages. */
export function requestOf(
  packages: RequestPackage[],
  edges: RequestEdge[] = [],
  more: Partial<PlanRequest> = {},
): PlanRequest {
  return {
    type: 'plan',
    protocol: 2,
    portage: '3.0.70',
    python: '/usr/bin/python3',
    action: 'merge',
    keepGoing: false,
    nodeps: false,
    settings: {
      PKGDIR: '/var/cache/binpkgs',
      DISTDIR: '/var/cache/distfiles',
      PORTAGE_TMPDIR: '/var/tmp',
      PORTAGE_LOGDIR: '',
      BINPKG_FORMAT: 'gpkg',
      CHOST: 'x86_64-pc-linux-gnu',
      FEATURES: [],
    },
    environment: {},
    repositories: [{ name: 'toys', location: '/var/db/repos/toys' }],
    packages,
    edges,
    mergeList: packages.filter(each => each.operation !== 'nomerge').map(each => each.id),
    ...more,
  }
}

/** A plan of ebuilds by name; each pair of names is an edge: the first needs the second to build and to run. */
export function planOf(names: string, ...edges: [from: string, to: string][]): Plan {
  const packages = names.split(' ').map(name => ebuild(name))
  return makePlan(
    requestOf(
      packages,
      edges.flatMap(([from, to]) => [edge(from, to), edge(from, to, 'runtime')]),
    ),
  )
}

/** The graph of the wish: a needs b, c and d, and each of those needs e. */
export function seedGraph(): Plan {
  return planOf('e b c d a', ['a', 'b'], ['a', 'c'], ['a', 'd'], ['b', 'e'], ['c', 'e'], ['d', 'e'])
}

/** A run's state that is told happenings without stamps. */
export class TestState extends RunState {
  #seq = 0

  /** Returns the names of what became ready. */
  tell(happening: Happening): string[] {
    return this.apply({ ...happening, at: this.#seq * 1000, seq: this.#seq++ }).map(each => each.id)
  }

  hostReady(host: string, jobs = 1): void {
    this.tell({ type: 'host-ready', host, jobs })
  }

  ready(...ids: string[]): void {
    for (const id of ids) this.tell({ type: 'package-ready', package: id })
  }

  start(id: string, host: string): void {
    this.tell({ type: 'job-started', package: id, host, attempt: 1, cores: 1 })
  }

  fail(id: string, host: string, fault: Fault = 'package'): void {
    this.tell({ type: 'attempt-failed', package: id, host, fault, reason: 'it broke', log: null })
  }

  commit(id: string, host = 'big'): string[] {
    return this.tell({ type: 'committed', package: id, host, path: `/store/${id}`, seconds: 1 })
  }
}

/** Stamps a row of happenings, a second apart. */
export function stamped(...happenings: Happening[]): FarmEvent[] {
  return happenings.map((happening, index) => ({ ...happening, at: index * 1000, seq: index }))
}

/** Any plan without cycles. */
export const anyPlan: fc.Arbitrary<Plan> = fc.integer({ min: 1, max: 12 }).chain(count => {
  const name = fc.nat(count - 1).map(index => `p${index}`)
  const kinds = fc.constantFrom('buildtime', 'runtime', 'runtime_slot_op')
  return fc.array(fc.tuple(name, name, kinds, fc.boolean()), { maxLength: 30 }).map(edges =>
    makePlan(
      requestOf(
        Array.from({ length: count }, (_, index) => ebuild(`p${index}`)),
        edges.map(each => edge(...each)),
      ),
    ),
  )
})

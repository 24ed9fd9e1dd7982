/** The state of a run: a fold over its events. `apply` is the only place where anything changes. */
import type { FarmEvent, Fault } from '../event.ts'
import { describeProblems } from '../host-facts.ts'
import type { Plan, PlannedPackage } from '../plan.ts'

export type PackageState =
  | { state: 'waiting'; missing: number }
  | { state: 'ready' }
  /** `hosts`: where it is being built, or was, if that is being compared with the plan. */
  | { state: 'building'; hosts: ReadonlySet<string> }
  /** Left to Portage here; its dependents wait for it as for any other. */
  | { state: 'home' }
  | { state: 'committed'; host: string; path: string }
  | { state: 'failed'; reason: string }
  | { state: 'withdrawn' }

export type HostState =
  | { state: 'connecting' }
  | { state: 'mirroring' }
  /** Not a host: a store that has what workers need, and none of them has shown. */
  | { state: 'published' }
  | { state: 'ready'; jobs: number }
  | { state: 'lost'; reason: string }

const NONE: ReadonlySet<string> = new Set()

export interface Attempt {
  host: string
  fault: Fault
  reason: string
  /** Its log, brought here; null if there is none. */
  log: string | null
}

export class RunState {
  readonly plan: Plan
  readonly packages = new Map<string, PackageState>()
  readonly hosts = new Map<string, HostState>()
  readonly attempts = new Map<string, Attempt[]>()
  /** How many jobs each package has had. */
  readonly jobs = new Map<string, number>()
  /** Installed by Portage here, or failed to be. */
  readonly installed = new Map<string, boolean>()
  readonly #dependents = new Map<string, PlannedPackage[]>()
  /** The packages in each state, so that nothing has to look through the whole plan. */
  readonly #inState = new Map<PackageState['state'], Set<PlannedPackage>>()
  /** The jobs that run on each host, by package. */
  readonly #running = new Map<string, Set<string>>()

  constructor(plan: Plan, hosts: Iterable<string>) {
    this.plan = plan
    for (const host of hosts) {
      this.hosts.set(host, { state: 'connecting' })
      this.#running.set(host, new Set())
    }
    for (const each of plan.packages) {
      this.packages.set(each.id, { state: 'waiting', missing: each.needs.length })
      this.#those('waiting').add(each)
      for (const need of each.needs) {
        const those = this.#dependents.get(need)
        if (those) those.push(each)
        else this.#dependents.set(need, [each])
      }
    }
  }

  of(id: string): PackageState {
    const state = this.packages.get(id)
    if (!state) throw new Error(`${id} is not in the plan`)
    return state
  }

  running(host: string): ReadonlySet<string> {
    return this.#running.get(host) ?? new Set()
  }

  /** The packages that have it among their needs, in merge list order. */
  dependents(id: string): PlannedPackage[] {
    return this.#dependents.get(id) ?? []
  }

  /** Whether some package that hosts are to build still waits for it. */
  isAwaited(id: string): boolean {
    return this.dependents(id).some(user => user.where === 'farm' && this.of(user.id).state === 'waiting')
  }

  /** The packages in a state, in merge list order. */
  inState(state: PackageState['state']): PlannedPackage[] {
    return [...this.#those(state)].sort((a, b) => a.position - b.position)
  }

  /** How many packages are in a state. */
  count(state: PackageState['state']): number {
    return this.#those(state).size
  }

  hostsIn(state: HostState['state']): string[] {
    return [...this.hosts].filter(([, host]) => host.state === state).map(([name]) => name)
  }

  /** Nothing is left that a host could still be asked to build. */
  get settled(): boolean {
    return this.count('waiting') + this.count('ready') + this.count('building') === 0
  }

  /** Takes an event in. Returns the packages that became ready by it, in merge list order. */
  apply(event: FarmEvent): PlannedPackage[] {
    switch (event.type) {
      case 'package-ready':
        this.#move(event.package, { state: 'ready' })
        return []
      case 'job-started':
        this.#move(event.package, { state: 'building', hosts: new Set([...this.#hostsOf(event.package), event.host]) })
        this.#running.get(event.host)?.add(event.package)
        this.jobs.set(event.package, (this.jobs.get(event.package) ?? 0) + 1)
        return []
      case 'built':
        this.#running.get(event.host)?.delete(event.package)
        return []
      case 'job-cancelled':
        this.#leave(event.package, event.host)
        return []
      case 'attempt-failed': {
        const attempts = this.attempts.get(event.package) ?? []
        const { host, fault, reason, log } = event
        attempts.push({ host, fault, reason, log })
        this.attempts.set(event.package, attempts)
        this.#leave(event.package, event.host)
        return []
      }
      case 'committed':
        this.#running.get(event.host)?.delete(event.package)
        this.#move(event.package, { state: 'committed', host: event.host, path: event.path })
        return this.#release(event.package)
      case 'sent-home':
        this.#move(event.package, { state: 'home' })
        return []
      case 'failed':
        this.#move(event.package, { state: 'failed', reason: event.reason })
        return this.#release(event.package, dependent => dependent.optional.has(event.package))
      case 'withdrawn':
        this.#move(event.package, { state: 'withdrawn' })
        return this.#release(event.package, dependent => dependent.optional.has(event.package))
      case 'installed':
        this.installed.set(event.package, true)
        return []
      case 'install-failed':
        this.installed.set(event.package, false)
        return []
      case 'mirror-started':
        this.hosts.set(event.host, { state: 'mirroring' })
        return []
      case 'host-connecting':
        this.#meet(event.host)
        return []
      case 'published':
        this.hosts.set(event.host, { state: 'published' })
        return []
      case 'host-ready':
        this.hosts.set(event.host, { state: 'ready', jobs: event.jobs })
        return []
      case 'host-refused':
        this.hosts.set(event.host, { state: 'lost', reason: describeProblems(event.problems) })
        return []
      case 'host-lost':
        this.hosts.set(event.host, { state: 'lost', reason: event.reason })
        return []
      case 'run-started':
      case 'planned':
      case 'host-joined':
      case 'mirror-progress':
      case 'mirror-finished':
      case 'host-silent':
      case 'host-back':
      case 'root-chosen':
      case 'build-started':
      case 'phase':
      case 'home-started':
      case 'interrupted':
      case 'run-ended':
        return []
      default:
        return event satisfies never
    }
  }

  /** A worker of a store shows only when it comes: from then on it is a host, and the store stands for none any more. */
  #meet(name: string): void {
    if (this.hosts.has(name)) return
    for (const [other, { state }] of this.hosts) if (state === 'published') this.hosts.delete(other)
    this.hosts.set(name, { state: 'connecting' })
    this.#running.set(name, new Set())
  }

  #move(id: string, to: PackageState): void {
    const from = this.of(id)
    if (from.state === 'committed' || from.state === 'failed') {
      throw new Error(`${id} is ${from.state} and cannot become ${to.state}`)
    }
    this.packages.set(id, to)
    const found = this.plan.byId.get(id)
    if (!found) return
    this.#those(from.state).delete(found)
    this.#those(to.state).add(found)
  }

  #hostsOf(id: string): ReadonlySet<string> {
    const found = this.of(id)
    return found.state === 'building' ? found.hosts : NONE
  }

  /** The host does nothing more about it. If no other does, it is ready again. */
  #leave(id: string, host: string): void {
    this.#running.get(host)?.delete(id)
    if (this.of(id).state !== 'building') return
    const hosts = new Set(this.#hostsOf(id))
    hosts.delete(host)
    this.#move(id, hosts.size === 0 ? { state: 'ready' } : { state: 'building', hosts })
  }

  #those(state: PackageState['state']): Set<PlannedPackage> {
    const those = this.#inState.get(state) ?? new Set()
    this.#inState.set(state, those)
    return those
  }

  /** One thing less to wait for. */
  #release(id: string, which: (dependent: PlannedPackage) => boolean = () => true): PlannedPackage[] {
    const ready: PlannedPackage[] = []
    for (const dependent of this.dependents(id)) {
      const state = this.of(dependent.id)
      if (state.state !== 'waiting' || !which(dependent)) continue
      state.missing--
      if (state.missing === 0) ready.push(dependent)
    }
    return ready
  }
}

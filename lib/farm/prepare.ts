/** Hosts are brought up while Portage still resolves: all that can be done for a run before its plan is known. */
import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FarmConfig } from '../core/config.ts'
import type { Observation } from '../core/history/observation.ts'
import type { HostProblem } from '../core/host-facts.ts'
import type { Keep } from '../core/keep.ts'
import type { Plan } from '../core/plan.ts'
import type { Policy } from '../core/policy.ts'
import type { PlanRequest, PrepareRequest } from '../core/request.ts'
import { STATE_DIRECTORY } from '../edge/client.ts'
import { claimRun, disclaimRun, goesOn, nameRun } from '../edge/earlier-runs.ts'
import { History, remember } from '../edge/history.ts'
import type { BuildContext, HostContext } from '../edge/host/job.ts'
import { privateWithSeveralNames } from '../edge/mirror/several-names.ts'
import { makeRuntime, removeRuntime } from '../edge/runtime.ts'
import { Apart } from './apart.ts'
import { Extent } from './extent.ts'
import { hostContext } from './host-context.ts'
import { ownProblems } from './own-problems.ts'
import { PreparedHost } from './host.ts'
import { type Configured, lookedThrough, packagePaths, type WrittenRules, writeRules } from './mirror-places.ts'
import { Needs } from './needs.ts'
import { StoreRoot } from './store/store-root.ts'

/** What the hosts of a run share. */
export interface Shared {
  context: HostContext
  needs: Needs
  /** The interpreter of Portage. */
  python: string
  /** CFLAGS and the like, as configured for all packages. */
  variables: Record<string, string>
  /** Where the farm keeps what it remembers. */
  state: string
  /** Those that are known by now. */
  rules: WrittenRules
  /** How much is sent by these. */
  extent: Extent
  /** Those that are right when all was looked through, which takes as long as a copy's first part: they are begun meanwhile. */
  checked: Promise<WrittenRules>
  /** What hosts get besides. */
  apart: Apart
  keep: Keep
}

/** What hosts are told once there is a plan. */
export interface Planned {
  build: BuildContext
  rules: WrittenRules
  /** The paths of the plan's packages in their repositories. */
  packages: string[]
  /** What of an earlier run is of use, if a host still has it; null: that run is not over. */
  wanted: (run: string) => ReadonlySet<string> | null
}

export class Preparation {
  readonly run: string
  readonly state: string
  readonly hosts: PreparedHost[]
  /** Where farm.yaml has a store in the place of hosts. */
  readonly storeRoot: StoreRoot | null
  readonly history: History
  /** What was remembered of builds before this run. Never rejects. */
  readonly remembered: Promise<Observation[]>
  readonly #config: FarmConfig
  readonly #shared: Shared

  /** `state`: where the farm keeps what it remembers. Nothing is connected yet. */
  static async make(
    config: FarmConfig,
    request: Omit<PrepareRequest, 'type'>,
    state = STATE_DIRECTORY,
  ): Promise<Preparation> {
    const runtime = await makeRuntime()
    const run = nameRun(state, new Date(), randomBytes(3).toString('hex'))
    claimRun(state, run)
    const context = await hostContext(run, config, runtime)
    const rules = await writeRules(config, request, runtime, [])
    const checked = lookedThrough(rules, config, request, runtime)
    const { variables, python, settings } = request
    const extent = new Extent(rules, state)
    const needs = new Needs({ chost: settings.CHOST, python }, async () => extent.expected())
    const apart = new Apart(join(state, 'apart', run))
    await removeAbandoned(join(state, 'apart'), state)
    const { keep } = config
    return new Preparation(config, { context, needs, python, variables, state, rules, checked, extent, apart, keep })
  }

  private constructor(config: FarmConfig, shared: Shared) {
    this.run = shared.context.run
    this.state = shared.state
    this.#config = config
    this.#shared = shared
    shared.checked.then(
      rules => (shared.rules = rules),
      () => undefined,
    )
    this.history = new History(shared.state)
    this.remembered = remember(this.history)
    this.hosts = config.hosts.map((host, index) => new PreparedHost(host, shared, index))
    this.storeRoot = config.store && new StoreRoot(config.store.path, shared)
  }

  /** What farm.yaml says of packages. */
  get policy(): Policy {
    return this.#config
  }

  /** What farm.yaml says of a store. */
  get store(): FarmConfig['store'] {
    return this.#config.store
  }

  /** Bytes that a package, or the image in it, may have. */
  get largestPackage(): number {
    return this.#config.largestPackage
  }

  get shared(): Shared {
    return this.#shared
  }

  /** What of this system's own programs is not fit to talk to hosts. Nothing, where none is another machine. */
  async ownProblems(): Promise<HostProblem[]> {
    return ownProblems(this.#config)
  }

  /** Seconds that hosts, or workers, have to show. */
  get patience(): number {
    return this.#config.connectTimeout
  }

  /** Connects to the hosts and begins to copy this system there. */
  begin(): void {
    for (const host of this.hosts) host.begin()
    this.storeRoot?.begin()
  }

  /** The rules by which this system is copied, now that all repositories are known. */
  async rules(request: PlanRequest, plan: Plan): Promise<WrittenRules> {
    const write = async (hidden: readonly string[]): Promise<WrittenRules> =>
      writeRules(this.#config, configured(request), this.#shared.context.runtime, hidden)
    const { hidden } = await this.#shared.checked
    const rules = await write(hidden)
    const more = await privateWithSeveralNames(packagePaths(plan, rules))
    const right = more.length === 0 ? rules : await write([...hidden, ...more])
    // It is found out while hosts are still copied to.
    right.besides.apart().catch(() => undefined)
    return right
  }

  /** The plan is known: hosts get what it needs, and become ready for its builds. */
  plan(build: BuildContext, rules: WrittenRules, wanted: Planned['wanted']): void {
    const packages = packagePaths(build.plan, rules)
    const planned = { build, rules, packages, wanted }
    for (const each of [...this.hosts, ...(this.storeRoot ? [this.storeRoot] : [])]) each.plan(planned)
  }

  /** Removes what only the run needed here. The hosts must have been left. */
  async remove(): Promise<void> {
    await Promise.all([removeRuntime(this.#shared.context.runtime), this.#shared.apart.remove()])
  }

  /** It came to no plan: the hosts are left as they were. */
  async abandon(): Promise<void> {
    this.storeRoot?.abandon()
    await Promise.allSettled(this.hosts.map(async host => host.leave()))
    await Promise.all([this.remove(), disclaimRun(this.state, this.run)])
  }
}

/** What runs left there that did not come to their end. */
async function removeAbandoned(directory: string, state: string): Promise<void> {
  for (const run of await readdir(directory).catch(() => [])) {
    if (goesOn(state, run) !== true) await rm(join(directory, run), { recursive: true, force: true })
  }
}

function configured({ settings, repositories }: PlanRequest): Configured {
  return { settings, repositories }
}

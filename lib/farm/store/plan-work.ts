/** A worker's part in one plan of a store: joins it, takes what is best, gives what came of it. */
import type { PlannedPackage } from '../../core/plan.ts'
import { leaseOf, type Leases } from '../../core/store/leases.ts'
import type { Ledger } from '../../core/store/ledger.ts'
import { messageOf } from '../../core/error.ts'
import type { BuildHost } from '../../edge/host/build-host.ts'
import type { AgentSource } from '../../edge/host/agent.ts'
import { HostRefused } from '../../edge/host/link.ts'
import type { Layout } from '../../edge/shared/layout.ts'
import type { OriginatorSign, Plans, PublishedPlan, WorkerSign } from '../../edge/shared/plans.ts'
import { SIGNS } from '../../edge/shared/presence.ts'
import { saidIn, Sign } from '../../edge/shared/signs.ts'
import { Crew } from './crew.ts'
import { type Giving, TAKEN } from './giving.ts'
import { planHost } from './plan-host.ts'
import { StoreLogs } from './store-logs.ts'
import { takeIfSilent } from './take-away.ts'
import { PlanView } from './view.ts'

/** Seconds from one look at how others stand to the next. What they record is looked at more often. */
const OTHERS_EVERY = 1

export interface WorkerSettings {
  name: string
  /** How many packages at once. */
  jobs: number
  /** Seconds of silence after which others take it for dead. */
  lease: number
  /** The farm's directory on this machine. */
  dir: string
}

/** What a worker's plans share. */
export interface WorkParts {
  worker: WorkerSettings
  layout: Layout
  plans: Plans
  ledger: Ledger
  leases: Leases
  giving: Giving
  source: AgentSource
  /** A private directory here. */
  runtime: string
  /** How many builds may still be begun, of all plans. */
  freeSlots: () => number
  /** Whether some other plan wants a build. */
  isWantedElsewhere: (key: string, run: string) => boolean
  /** Takes in all plans that there are. */
  lookForPlans: () => Promise<void>
  /** Something ended: it is worth looking again. */
  poke: () => void
  tell: (line: string) => void
}

interface RunningJob {
  key: string
  attempt: number
  abort: AbortController
  done: Promise<void>
}

export class PlanWork {
  readonly run: string
  readonly view: PlanView
  readonly #parts: WorkParts
  readonly #plan: PublishedPlan
  readonly #sign: Sign<WorkerSign>
  readonly #crew: Crew
  readonly #logs: StoreLogs
  readonly #jobs = new Map<string, RunningJob>()
  readonly #over = new AbortController()
  readonly #joining: Promise<void>
  #host: BuildHost | null = null
  #isRefused = false
  /** The originator is there, and wants what it wanted. */
  #isOpen = true
  #isOver = false
  /** When it was last looked at how others stand. */
  #looked = -Infinity

  constructor(plan: PublishedPlan, parts: WorkParts) {
    const { worker, plans, ledger, layout } = parts
    this.run = plan.run
    this.#plan = plan
    this.#parts = parts
    this.view = new PlanView(plan, worker.name, ledger, file => layout.in('results', file))
    this.#logs = new StoreLogs(layout, plan.request.settings.PORTAGE_LOGDIR !== '')
    this.#crew = new Crew(happening => {
      this.view.apply(happening)
    })
    this.#sign = plans.workerSign(plan.run, worker.name, worker.lease, worker.lease / SIGNS)
    this.#joining = this.#join()
  }

  /** How many builds it is at. */
  get jobs(): number {
    return this.#jobs.size
  }

  /** Whether it wants a build from workers. */
  wants(key: string): boolean {
    return !this.#isOver && this.view.wants(key)
  }

  /** Whether there is nothing more to do for it. */
  get isDone(): boolean {
    return this.#jobs.size === 0 && (this.#isOver || this.#isRefused || !this.#isOpen)
  }

  /** Looks at how things stand. `now`: on a clock that cannot be set, in seconds. */
  async look(now: number): Promise<void> {
    if (now - this.#looked >= OTHERS_EVERY) {
      this.#looked = now
      await this.#lookAtOthers(now)
    }
    for (const [id, job] of this.#jobs) {
      if (this.#isTaken(job)) this.#endJob(id, job, `: ${TAKEN}`)
      else if (!this.#isStillWanted(job)) this.#endJob(id, job)
    }
  }

  async #lookAtOthers(now: number): Promise<void> {
    const { plans, leases, worker } = this.#parts
    const isOver = await plans.isOver(this.run)
    // A plan that wants the same was there before this one was over.
    if (isOver && !this.#isOver) await this.#parts.lookForPlans()
    this.#isOver = isOver
    const originator = await plans.originator(this.run)
    const lease = leaseOf(saidIn<OriginatorSign>(originator)?.lease) ?? worker.lease
    this.#isOpen = leases.silence(`${this.run} sign`, originator, now) <= lease
    this.#crew.see(await plans.workers(this.run), now)
    this.view.drop(await plans.dropped(this.run))
    for (const held of this.view.held()) {
      const { taken } = await takeIfSilent(this.#parts, held, worker.name, now)
      if (taken !== null) this.#parts.tell(`took ${held.key} from ${held.attempt.claim.worker}: ${taken}`)
    }
  }

  /** Begins what is to be begun here. */
  async begin(): Promise<void> {
    const host = this.#host
    if (!host || this.#isOver || !this.#isOpen || this.#isLeaving()) return
    for (const { package: id, cores } of this.view.starts()) {
      if (this.#parts.freeSlots() === 0 || this.#isLeaving()) return
      const target = this.view.plan.byId.get(id)
      const key = this.view.keyOf(id)
      if (!target || this.#jobs.has(id)) continue
      const { name: worker, lease } = this.#parts.worker
      const attempt = await this.#parts.ledger.claim(key, { worker, package: id, plan: this.run, cores, lease })
      if (attempt === null) continue
      this.view.claimed(id, attempt, cores)
      const abort = new AbortController()
      const done = this.#build(host, target, key, attempt, cores, abort.signal).finally(() => {
        this.#jobs.delete(id)
        this.#parts.poke()
      })
      this.#jobs.set(id, { key, attempt, abort, done })
    }
  }

  /** Ends its part. `finish`: what it is at is done first. */
  async leave(finish: boolean): Promise<void> {
    this.#over.abort()
    if (!finish) for (const [id, job] of this.#jobs) this.#endJob(id, job)
    await Promise.all([...this.#jobs.values()].map(async job => job.done))
    await this.#joining
    await this.#host?.leave()
    const { lease } = this.#parts.worker
    if (!this.#isRefused) await this.#sign.say({ state: 'left', lease })
    await this.#sign.stop()
  }

  async #join(): Promise<void> {
    const { worker, layout, source, runtime, tell } = this.#parts
    const { lease, jobs } = worker
    const plan = this.#plan
    await this.#sign.say({ state: 'joining', lease })
    const build = {
      ...{ request: plan.request, plan: this.view.plan, distfiles: layout.in('distfiles'), logs: layout.in('logs') },
      store: {
        committed: layout.in('results'),
        incoming: (name: string) => this.#parts.giving.incoming(`${this.run}.${name}`),
      },
      logKeeper: this.#logs.keeper,
    }
    const root = layout.in('roots', plan.client, plan.root)
    try {
      const { host, facts } = await planHost({
        ...{ plan, root, worker, source, runtime, build, signal: this.#over.signal },
        copying: async () => {
          tell(`copies the root of ${plan.hostname}, which cannot be used where it is`)
          await this.#sign.say({ state: 'copying', lease })
        },
      })
      this.#host = host
      const { hostname, cores, memory, directory } = facts
      const disk = 'error' in directory ? {} : { disk: directory.freeBytes }
      await this.#sign.say({ state: 'ready', lease, hostname, jobs, cores, memory, ...disk })
      tell(`builds for ${plan.hostname} (${this.run})`)
      this.#parts.poke()
    } catch (error) {
      if (this.#over.signal.aborted) return
      this.#isRefused = true
      const text = messageOf(error)
      const problems =
        error instanceof HostRefused
          ? error.problems
          : [{ name: 'connection', level: 'refuse', text, mend: '' } as const]
      tell(`cannot build for ${plan.hostname}: ${text}`)
      await this.#sign.say({ state: 'refused', lease, problems: [...problems] })
    }
  }

  async #build(
    host: BuildHost,
    target: PlannedPackage,
    key: string,
    attempt: number,
    cores: number,
    signal: AbortSignal,
  ): Promise<void> {
    const { worker, layout, giving, tell } = this.#parts
    const { id, package: found } = target
    const holding = { id, key, attempt, signal }
    const sign = new Sign(layout.in('signs', `${key}.${attempt}`), worker.lease / SIGNS, { phase: '' })
    await sign.say({ phase: '' })
    tell(`builds ${id}`)
    this.#logs.expect(found.cpv, `${key}.${attempt}`)
    try {
      const { committed } = this.view
      // What failed, and was not needed for certain, cannot be installed.
      const steps = target.steps.filter(step => step.operation === 'uninstall' || committed.has(step.id))
      const events = {
        started: () => undefined,
        building: () => undefined,
        phase: (phase: string) => {
          void sign.say({ phase })
        },
      }
      const result = await host.build({ ...target, steps }, committed, cores, events, signal)
      await giving.give(holding, result)
    } catch (error) {
      const reason = messageOf(error)
      tell(`could not build ${id}: ${reason}`)
      await giving.give(holding, { ok: false, fault: 'host', reason, log: null, elog: '' }).catch(() => undefined)
    } finally {
      await sign.remove()
    }
  }

  #isLeaving(): boolean {
    return this.#over.signal.aborted
  }

  /** The attempt is not this worker's any more. */
  #isTaken({ key, attempt }: RunningJob): boolean {
    return this.#parts.ledger.attempts(key).some(each => each.number === attempt && each.end?.outcome === 'superseded')
  }

  /** Somebody wants it. */
  #isStillWanted({ key }: RunningJob): boolean {
    const { ledger, isWantedElsewhere } = this.#parts
    if (ledger.state(key).state === 'committed') return false
    return this.wants(key) || isWantedElsewhere(key, this.run)
  }

  #endJob(id: string, { abort }: RunningJob, why = ''): void {
    if (!abort.signal.aborted) this.#parts.tell(`ends ${id}${why}`)
    abort.abort()
  }
}

/**
 * A plan of a store as one of its workers sees it: the records as events of a run, and the scheduler's advice from them.
 *
 * Every worker sees the same records, so that all of them come to about the same advice. Where they do not, nothing is
 * lost but a moment: what a worker is to have and does not take is taken by another.
 */
import type { Happening } from '../../core/event.ts'
import { Experience } from '../../core/history/estimate.ts'
import { makePlan, type Plan, type PlannedPackage } from '../../core/plan.ts'
import { type JobStart, RunSchedule } from '../../core/run/run-schedule.ts'
import { RunState } from '../../core/run/run-state.ts'
import { type Attempt, counting } from '../../core/store/build.ts'
import type { Built } from '../../core/store/record.ts'
import type { Ledger } from '../../core/store/ledger.ts'
import type { Dropped, PublishedPlan } from '../../edge/shared/plans.ts'
import type { StoredPackage } from '../../edge/store.ts'
import { now } from '../clock.ts'

/** Milliseconds in which another worker is to take what the scheduler would give it, before any other does. */
const GRACE = 3000

export class PlanView {
  readonly plan: Plan
  readonly keys: ReadonlyMap<string, string>
  /** What is committed, by package. */
  readonly committed = new Map<string, StoredPackage>()
  readonly #worker: string
  readonly #ledger: Ledger
  readonly #state: RunState
  readonly #schedule: RunSchedule
  readonly #resultPath: (file: string) => string
  /** By package: the attempts of which the start, and those of which the end was taken in. */
  readonly #begun = new Map<string, Set<number>>()
  readonly #ended = new Map<string, Set<number>>()
  readonly #byKey = new Map<string, PlannedPackage>()
  /** What is new of these could not be taken in yet. */
  readonly #pending: Set<string>
  /** Since when the scheduler would give a package to another worker. */
  readonly #offered = new Map<string, number>()
  /**
   * Workers that hold something and have not shown that they are at this plan: what they hold, by package. Records are
   * read more often than signs of life, and who holds a build may be at work for another plan, or dead.
   */
  readonly #guests = new Map<string, Map<string, Happening & { type: 'job-started' }>>()
  #seq = 0

  /** `resultPath`: where a result is, by its name. */
  constructor(published: PublishedPlan, worker: string, ledger: Ledger, resultPath: (file: string) => string) {
    this.plan = makePlan(published.request, published.policy)
    this.keys = new Map(Object.entries(published.keys))
    this.#worker = worker
    this.#ledger = ledger
    this.#resultPath = resultPath
    this.#state = new RunState(this.plan, [])
    this.#schedule = new RunSchedule(this.plan, [worker], new Experience(published.observations))
    for (const each of this.plan.packages) this.#byKey.set(this.keys.get(each.id) ?? '', each)
    this.#pending = new Set(this.keys.values())
    for (const each of this.plan.packages) {
      // What the originator has or builds is waited for like any other.
      if (each.where !== 'farm') this.apply({ type: 'sent-home', package: each.id, reason: each.reason })
      else if (each.needs.length === 0) this.apply({ type: 'package-ready', package: each.id })
    }
  }

  keyOf(id: string): string {
    return this.keys.get(id) ?? ''
  }

  /** Takes in something that happened. */
  apply(happening: Happening): void {
    const started = happening.type === 'host-ready' ? this.#shown(happening.host) : []
    if (happening.type === 'job-started') this.#receive(happening)
    this.#apply(happening)
    for (const each of started) this.apply(each)
    this.#dismiss()
  }

  #apply(happening: Happening): void {
    const event = { ...happening, at: now(), seq: this.#seq++ }
    const ready = this.#state.apply(event)
    this.#schedule.apply(event)
    for (const each of ready) if (each.where === 'farm') this.#apply({ type: 'package-ready', package: each.id })
  }

  /** Who begins something is there, whether or not it has shown. */
  #receive(started: Happening & { type: 'job-started' }): void {
    const { host, package: id } = started
    const guest = this.#guests.get(host)
    if (!guest && this.#state.hosts.get(host)?.state === 'ready') return
    this.#guests.set(host, (guest ?? new Map<string, typeof started>()).set(id, started))
    if (guest) return
    this.#apply({ type: 'host-connecting', host })
    this.#apply({ type: 'host-ready', host, jobs: 1 })
  }

  /** A guest has shown. Returns what it has begun: the scheduler is told again, since to it that is another host. */
  #shown(host: string): (Happening & { type: 'job-started' })[] {
    const guest = this.#guests.get(host)
    if (!guest) return []
    this.#guests.delete(host)
    this.#apply({ type: 'host-lost', host, reason: 'it shows how it stands' })
    return [...guest.values()].filter(each => this.#state.running(host).has(each.package))
  }

  /** Guests that are at work on nothing more are not reckoned with. */
  #dismiss(): void {
    for (const [host, held] of this.#guests) {
      const isAtIt = (id: string): boolean =>
        this.#state.of(id).state === 'building' && this.#state.running(host).has(id)
      if ([...held.keys()].some(isAtIt)) continue
      this.#guests.delete(host)
      this.#apply({ type: 'host-lost', host, reason: 'it is not at this plan' })
    }
  }

  /** Takes in what is new of some builds. */
  see(keys: Iterable<string>): void {
    for (const key of keys) if (this.#byKey.has(key)) this.#pending.add(key)
    // In merge list order, what is needed comes before what needs it.
    const pending = [...this.#pending].flatMap(key => this.#byKey.get(key) ?? [])
    for (const each of pending.sort((a, b) => a.position - b.position)) {
      if (this.#take(each)) this.#pending.delete(this.keyOf(each.id))
    }
  }

  /** The originator does not want these any more. */
  drop({ home, gone }: Dropped): void {
    for (const id of home.flatMap(key => this.#byKey.get(key)?.id ?? [])) {
      if (this.#isOpen(id)) this.apply({ type: 'sent-home', package: id, reason: 'the originator builds it' })
    }
    for (const id of gone.flatMap(key => this.#byKey.get(key)?.id ?? [])) {
      if (this.#isOpen(id) || this.#state.of(id).state === 'home') {
        this.apply({ type: 'withdrawn', package: id, by: null })
      }
    }
  }

  /** Whether the plan still wants it from workers. */
  wants(key: string): boolean {
    const found = this.#byKey.get(key)
    return found !== undefined && this.#isOpen(found.id)
  }

  /** The attempts that others hold, by key. */
  held(): { key: string; attempt: Attempt }[] {
    return this.#state.inState('building').flatMap(({ id }) => {
      const key = this.keyOf(id)
      const state = this.#ledger.state(key)
      return state.state === 'held' && state.attempt.claim.worker !== this.#worker
        ? [{ key, attempt: state.attempt }]
        : []
    })
  }

  /** What this worker is to begin, best first. */
  starts(): JobStart[] {
    const at = now()
    const { starts } = this.#schedule.decide(at)
    const isReady = ({ package: id }: JobStart): boolean => this.#state.of(id).state === 'ready'
    const wanted = new Set<string>()
    const mine = starts.filter(isReady).filter(each => {
      if (each.host === this.#worker) return true
      wanted.add(each.package)
      const since = this.#offered.get(each.package) ?? at
      this.#offered.set(each.package, since)
      return at - since > GRACE
    })
    for (const id of [...this.#offered.keys()]) if (!wanted.has(id)) this.#offered.delete(id)
    return mine.sort((a, b) => Number(b.host === this.#worker) - Number(a.host === this.#worker))
  }

  /** This worker has claimed an attempt. */
  claimed(id: string, attempt: number, cores: number): void {
    this.#note(this.#begun, id, attempt)
    this.apply({ type: 'job-started', package: id, host: this.#worker, attempt, cores })
  }

  /** Nothing is left that a worker could begin, or is at. */
  get settled(): boolean {
    return this.#state.settled
  }

  /** False: some of it cannot be taken in before something else is. */
  #take({ id, where }: PlannedPackage): boolean {
    const key = this.keyOf(id)
    const state = this.#ledger.state(key)
    if (state.state === 'committed') {
      const { end, claim } = state.attempt
      if (this.committed.has(id)) return true
      const path = this.#resultPath(end.file)
      this.committed.set(id, { path, name: end.file, place: end.place, sha256: end.sha256 })
      // Before its job is over, it has its slot.
      if (this.#isAtWork(id)) this.#tellAll(id)
      this.apply({ type: 'committed', package: id, host: claim.worker, path, seconds: end.seconds })
      return true
    }
    if (where !== 'farm' || !this.#isOpen(id)) return true
    if (!this.#isAtWork(id)) return false
    this.#tellAll(id)
    // What becomes of it is for the originator to say.
    if (state.state === 'failed') this.apply({ type: 'sent-home', package: id, reason: 'no worker tries it any more' })
    return true
  }

  #tellAll(id: string): void {
    const attempts = this.#ledger.attempts(this.keyOf(id))
    const those = counting(attempts)
    for (const attempt of attempts) {
      if (those.includes(attempt) || this.#has(this.#begun, id, attempt.number)) this.#tell(id, attempt)
    }
  }

  #tell(id: string, { number, claim, end, verdict }: Attempt): void {
    const about = { package: id, host: claim.worker }
    if (this.#has(this.#ended, id, number)) return
    const isNews = !this.#has(this.#begun, id, number)
    if (isNews && (end === null || end.outcome === 'built')) {
      this.#note(this.#begun, id, number)
      this.apply({ type: 'job-started', ...about, attempt: number, cores: claim.cores })
    }
    if (end?.outcome === 'built') this.#built(about, end)
    const fail = (reason: string): void => {
      this.apply({ type: 'attempt-failed', ...about, fault: 'host', reason, log: null })
    }
    if (end === null || (end.outcome === 'built' && verdict?.outcome !== 'refused')) return
    this.#note(this.#ended, id, number)
    if (end.outcome === 'failed' || end.outcome === 'superseded') fail(end.reason)
    else if (end.outcome === 'cancelled' && !isNews) this.apply({ type: 'job-cancelled', ...about })
    else if (verdict?.outcome === 'refused') fail(verdict.reason)
  }

  #built(about: { package: string; host: string }, { seconds, size, usage }: Built): void {
    if (this.#state.running(about.host).has(about.package)) {
      this.apply({ type: 'built', ...about, seconds, bytes: size, usage })
    }
  }

  #isOpen(id: string): boolean {
    return this.#state.of(id).state === 'waiting' || this.#isAtWork(id)
  }

  /** All that it needs is committed, and it is a worker's to build. */
  #isAtWork(id: string): boolean {
    const { state } = this.#state.of(id)
    return state === 'ready' || state === 'building'
  }

  #has(which: Map<string, Set<number>>, id: string, attempt: number): boolean {
    return which.get(id)?.has(attempt) === true
  }

  #note(which: Map<string, Set<number>>, id: string, attempt: number): void {
    const those = which.get(id) ?? new Set()
    which.set(id, those.add(attempt))
  }
}

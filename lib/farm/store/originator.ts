/**
 * An emerge's part in a store: it leaves its plan there with this system's root, tells the run what workers make of it,
 * and tells them what was thought of that. Nothing goes from one machine to another but by the store's directory.
 */
import { constants } from 'node:fs'
import { copyFile, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../core/error.ts'
import type { FarmEvent } from '../../core/event.ts'
import type { Keep } from '../../core/keep.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import { Leases } from '../../core/store/leases.ts'
import { Ledger } from '../../core/store/ledger.ts'
import type { Attempt } from '../../core/store/build.ts'
import type { BuildWords } from '../../core/message.ts'
import { BuildLogs } from '../../edge/host/build-logs.ts'
import { LONGEST_LOG } from '../../edge/host/log-text.ts'
import { Changes } from '../../edge/shared/changes.ts'
import type { Layout } from '../../edge/shared/layout.ts'
import { type Dropped, Plans, type OriginatorSign } from '../../edge/shared/plans.ts'
import { readRecord } from '../../edge/shared/records.ts'
import { DirectoryRegisters } from '../../edge/shared/registers.ts'
import { saidIn, type Sign } from '../../edge/shared/signs.ts'
import { tidyUnfinished } from '../../edge/shared/tidy.ts'
import { cleanStore, touch } from '../../edge/shared/unused.ts'
import { placeOf } from '../../edge/store.ts'
import type { Arrival, Workers } from '../parts.ts'
import { Contributions } from './contributions.ts'
import { Crew } from './crew.ts'
import { Following } from './following.ts'
import { LocalWorker } from './local-worker.ts'
import { publish, type PlanParts } from './publish.ts'
import { STORE, type StoreRoot } from './store-root.ts'
import { takeIfSilent } from './take-away.ts'
import { wantedBy } from './wanted.ts'

/** Seconds without a sign after which an originator is taken for dead, and between its signs. */
const LEASE = 30
const SIGN_EVERY = 5
/** Milliseconds from one look at the store to the next, where no kernel tells of something new. */
const LOOK_EVERY = 250

export interface OriginatorParts extends PlanParts {
  /** The store's path, and how many packages of it this system builds itself at once. */
  store: { path: string; jobs: number }
  root: StoreRoot
  /** Where results are brought: a place for a file on its way in. */
  incoming: (name: string) => string
  /** Where logs of failed builds are kept. */
  logs: string
  /** How much is kept there of what nobody needs. */
  keep: Keep
  /** Seconds that workers have to show. */
  patience: number
  /** Something that a person may want to know. */
  warn: (text: string) => void
  /** Puts a committed package where other systems find it. Never rejects. */
  offer: (path: string, layout: Layout) => Promise<void>
}

interface OpenStore {
  layout: Layout
  plans: Plans
  ledger: Ledger
  leases: Leases
  contributions: Contributions
  changes: Changes
}

export class Originator implements Workers {
  readonly name = STORE
  readonly #parts: OriginatorParts
  /** By package. */
  readonly #following = new Map<string, Following>()
  readonly #dropped = { home: new Set<string>(), gone: new Set<string>() }
  readonly #over = new AbortController()
  #put: (arrival: Arrival) => void = () => undefined
  #store: OpenStore | null = null
  #sign: Sign<OriginatorSign> | null = null
  #worker: LocalWorker | null = null
  #keys: ReadonlyMap<string, string> = new Map()
  #watching: Promise<void> = Promise.resolve()
  #hasDropped = false
  /** Verdicts that are being written, and what follows from them. */
  #deciding: Promise<unknown> = Promise.resolve()
  /** What happened before the plan was in the store. */
  readonly #early: FarmEvent[] = []
  /** Events that are not in the store yet. */
  #unwritten: FarmEvent[] = []

  constructor(parts: OriginatorParts) {
    this.#parts = parts
  }

  async begin(put: (arrival: Arrival) => void): Promise<void> {
    this.#put = put
    const { root, plan, run } = this.#parts
    const start = performance.now()
    const settled = await root.ready(happening => {
      put({ from: 'host', happening })
    })
    if (this.#over.signal.aborted) return
    const { layout } = settled
    const plans = new Plans(layout)
    this.#keys = await publish(plans, settled, this.#parts)
    this.#sign = plans.sign(run, LEASE, SIGN_EVERY)
    await this.#sign.say({ lease: LEASE })
    const ledger = new Ledger(new DirectoryRegisters(layout.in('records'), layout.in('scratch')), readRecord)
    const leases = new Leases()
    const contributions = new Contributions({
      ...{ layout, ledger, leases, run, name: `${hostname()}-emerge` },
      offer: async path => this.#parts.offer(path, layout),
    })
    this.#store = { layout, plans, ledger, leases, contributions, changes: new Changes(layout.in('records')) }
    const packages = plan.packages.filter(each => each.where === 'farm').length
    const seconds = (performance.now() - start) / 1000
    put({ from: 'host', happening: { type: 'published', host: STORE, packages, seconds } })
    for (const event of this.#early.splice(0)) this.#act(event)
    const { path, jobs } = this.#parts.store
    if (jobs > 0) this.#worker = new LocalWorker(path, jobs, this.#parts.warn)
    this.#watching = this.#watch()
    await Promise.all([this.#watching, this.#tidy().catch(() => undefined)])
  }

  apply(event: FarmEvent): void {
    this.#unwritten.push(event)
    if (this.#store) this.#act(event)
    else this.#early.push(event)
  }

  #act(event: FarmEvent): void {
    switch (event.type) {
      case 'package-ready':
        this.#follow(event.package)
        return
      case 'committed':
        this.#committed(event)
        return
      case 'attempt-failed':
        this.#refused(event)
        return
      case 'sent-home':
        this.#drop(event.package, 'home')
        return
      case 'failed':
      case 'withdrawn':
        this.#drop(event.package, 'gone')
        return
      default:
    }
  }

  async leave(): Promise<void> {
    await this.#stop()
    await this.#store?.plans.end(this.#parts.run)
    await this.#worker?.end()
    this.#parts.root.abandon()
  }

  async detach(): Promise<void> {
    await this.#stop()
    this.#worker?.detach()
  }

  async #stop(): Promise<void> {
    this.#over.abort()
    this.#store?.changes.poke()
    await this.#watching.catch(() => undefined)
    await this.#deciding
    await this.#writeEvents().catch(() => undefined)
    await this.#sign?.stop()
    this.#store?.changes.close()
  }

  /** Looks at the store again and again, until the run is over. */
  async #watch(): Promise<void> {
    const store = this.#store
    if (!store) return
    const crew = new Crew(happening => {
      this.#put({ from: 'host', happening })
    }, this.#parts.patience)
    const began = performance.now()
    let isAlone = false
    let trouble = ''
    while (!this.#over.signal.aborted) {
      try {
        const now = performance.now() / 1000
        crew.see(await store.plans.workers(this.#parts.run), now)
        await this.#look(store, now)
        if (this.#hasDropped) await this.#tellDropped()
        await store.contributions.give(now)
        await this.#writeEvents()
        trouble = ''
      } catch (error) {
        const words = messageOf(error)
        if (words !== trouble) this.#parts.warn(`the store cannot be read: ${words}; trying again`)
        trouble = words
      }
      if (!isAlone && crew.size === 0 && performance.now() - began > this.#parts.patience * 1000) {
        isAlone = true
        const { path } = this.#parts.store
        const reason = `no worker took the plan within ${this.#parts.patience} s (start one: portage-farm work ${path})`
        this.#put({ from: 'host', happening: { type: 'host-lost', host: STORE, reason } })
      }
      await store.changes.next(LOOK_EVERY)
    }
  }

  async #look(store: OpenStore, now: number): Promise<void> {
    const wanted = new Set(this.#keys.values())
    await store.ledger.look(key => wanted.has(key))
    for (const following of this.#following.values()) {
      const { key } = following
      await following.see(store.ledger.attempts(key))
      const state = store.ledger.state(key)
      if (state.state !== 'held') continue
      const { attempt } = state
      const { sign } = await takeIfSilent(store, { key, attempt }, this.#parts.run, now)
      following.phase(attempt, saidIn<{ phase: string }>(sign)?.phase ?? '')
    }
  }

  #follow(id: string): void {
    const target = this.#parts.plan.byId.get(id)
    const key = this.#keys.get(id)
    if (!target || key === undefined || target.where !== 'farm') return
    const bring = {
      result: async (end: { file: string; place: string }, worker: string) => this.#bring(end, worker),
      words: async (attempt: Attempt, of: PlannedPackage) => this.#words(attempt, of),
    }
    this.#following.set(id, new Following(target, key, bring, this.#put))
    this.#store?.changes.poke()
  }

  async #bring({ file, place }: { file: string; place: string }, worker: string): Promise<string> {
    const here = this.#parts.incoming(`${worker}%${place.replaceAll('/', '%')}`)
    const there = this.#store?.layout.in('results', file) ?? file
    // Its bytes are looked at later: what could not be copied whole is refused then.
    await copyFile(there, here).catch(() => undefined)
    await touch(there)
    return here
  }

  /** The log and the messages of an attempt, brought to where those of a build here would be. */
  async #words({ number, claim, end }: Attempt, { id, package: { cpv } }: PlannedPackage): Promise<BuildWords> {
    const store = this.#store
    if (!store || end === null || !('elog' in end)) return { log: null, elog: '' }
    const directory = store.layout.in('logs', `${this.#keys.get(id) ?? ''}.${number}`)
    const bringLog = async (there: string, here: string): Promise<void> => {
      const { size } = await stat(there)
      if (size > LONGEST_LOG) throw new Error(`${there} has ${size} bytes`)
      await copyFile(there, here, constants.COPYFILE_EXCL)
    }
    const logs = new BuildLogs(bringLog, claim.worker, this.#parts)
    const output = `${directory}/build.log`
    const failed = end.outcome === 'failed'
    return logs.bring({ failed, log: end.log, directory, output, elog: end.elog }, cpv)
  }

  #committed({ package: id, host, path }: FarmEvent & { type: 'committed' }): void {
    const store = this.#store
    const following = this.#following.get(id)
    this.#following.delete(id)
    const key = this.#keys.get(id)
    if (!store || key === undefined) return
    const told = following?.told
    if (told && told.claim.worker === host) {
      this.#deciding = Promise.all([this.#deciding, this.#commit(key, told.number, path, store.layout)])
      return
    }
    const isAwaited = this.#parts.plan.packages.some(each => each.where === 'farm' && each.needs.includes(id))
    store.contributions.add({ key, package: id, path, place: placeOf(path), isAwaited })
    store.changes.poke()
  }

  /** Of several originators that want a build, the first decides; each offers it, in case the others died before they could. */
  async #commit(key: string, attempt: number, path: string, layout: Layout): Promise<void> {
    await this.#judge(key, attempt, { outcome: 'committed', by: this.#parts.run })
    await this.#parts.offer(path, layout)
  }

  #refused({ package: id, host, fault, reason }: FarmEvent & { type: 'attempt-failed' }): void {
    const following = this.#following.get(id)
    const told = following?.told
    if (!following || !told || told.claim.worker !== host || (fault !== 'mismatch' && fault !== 'client')) return
    following.told = null
    // What cannot be written here is no fault of what was built.
    if (fault === 'mismatch' && told.verdict === null) {
      const verdict = { outcome: 'refused', by: this.#parts.run, reason } as const
      this.#deciding = Promise.all([this.#deciding, this.#judge(following.key, told.number, verdict)])
      return
    }
    if (told.verdict?.outcome !== 'committed') return
    // Another emerge has committed it, and there will be no other.
    const words = 'the store has no other, as it was committed for another emerge'
    const happening = { type: 'attempt-failed', package: id, host, fault: 'client', reason: words, log: null } as const
    this.#put({ from: 'host', happening })
  }

  /** What somebody else has decided meanwhile stays. Builds wait for this: while the store is away, it is tried again. */
  async #judge(key: string, attempt: number, verdict: Parameters<Ledger['judge']>[2]): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      const isLast = this.#over.signal.aborted
      try {
        await this.#store?.ledger.judge(key, attempt, verdict)
        return
      } catch (error) {
        if (isFirst || isLast) {
          const more = isLast ? '' : '; trying again'
          this.#parts.warn(`what was ${verdict.outcome} cannot be noted in the store: ${messageOf(error)}${more}`)
        }
        if (isLast) return
      }
      await sleep(LOOK_EVERY)
    }
  }

  /** Removes what nobody needs any more: nobody waits for that. */
  async #tidy(): Promise<void> {
    const store = this.#store
    if (!store) return
    const { layout, plans } = store
    const now = await layout.now()
    await plans.sweep(now)
    await tidyUnfinished(layout, now)
    await cleanStore(layout, await wantedBy(plans), this.#parts.keep, false, now)
  }

  #drop(id: string, how: keyof Dropped): void {
    this.#following.delete(id)
    const key = this.#keys.get(id)
    if (key === undefined) return
    this.#dropped[how].add(key)
    this.#hasDropped = true
    this.#store?.changes.poke()
  }

  async #writeEvents(): Promise<void> {
    const events = [...this.#unwritten]
    if (events.length === 0) return
    await this.#store?.plans.note(this.#parts.run, events)
    this.#unwritten = this.#unwritten.slice(events.length)
  }

  async #tellDropped(): Promise<void> {
    this.#hasDropped = false
    await this.#store?.plans.drop(this.#parts.run, { home: [...this.#dropped.home], gone: [...this.#dropped.gone] })
  }
}

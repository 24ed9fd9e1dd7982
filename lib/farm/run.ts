/**
 * One run of the farm.
 *
 * Hosts are brought up side by side; each that has the client's root takes builds. Everything that happens arrives in
 * the inbox, and is handled by one loop: record the event, let what follows from it follow (retry, give up, release),
 * start what can be started. The loop ends when emerge says that it is done, or, without an emerge, when nothing is
 * left to build. Whatever way it ends, the hosts are left clean.
 */
import { messageOf } from '../core/error.ts'
import type { FarmEvent, Happening } from '../core/event.ts'
import type { BuildWords, EmergeMessage } from '../core/message.ts'
import type { PlannedPackage } from '../core/plan.ts'
import { hasUntriedHost } from '../core/run/retry.ts'
import { RunSchedule, type JobStart } from '../core/run/run-schedule.ts'
import { RunState } from '../core/run/run-state.ts'
import { Trust } from '../core/run/trust.ts'
import type { StoredPackage } from '../edge/store.ts'
import { now } from './clock.ts'
import { Inbox } from './inbox.ts'
import { Jobs } from './jobs.ts'
import type { Arrival, FarmHost, RunParts, Workers } from './parts.ts'
import { Reuse } from './reuse.ts'
import { Verdicts } from './verdicts.ts'
import { Verification } from './verification.ts'

/** The longest time that a timer can be set for, in milliseconds. */
const LONGEST_SLEEP = 2 ** 31 - 1

/** What a commit says besides. */
type Said = Pick<Happening & { type: 'committed' }, 'elog' | 'run'>

export class FarmRun {
  readonly state: RunState
  readonly #parts: RunParts
  readonly #inbox = new Inbox<Arrival>()
  readonly #committed = new Map<string, StoredPackage>()
  readonly #hosts: Map<string, FarmHost>
  readonly #jobs = new Jobs()
  readonly schedule: RunSchedule
  readonly #mirrors = new AbortController()
  readonly #over = new AbortController()
  readonly #trust = new Trust()
  readonly #busy = new Set<Promise<void>>()
  readonly #verification: Verification
  readonly #reuse: Reuse
  readonly #verdicts: Verdicts
  /** Wakes the loop where nothing happens. */
  #alarm: NodeJS.Timeout | undefined
  #seq = 0
  #mayMerge = false
  #ended = false
  #isDetached = false
  /** emerge's exit code; null: it is not known. */
  #code: number | null = null

  constructor(parts: RunParts) {
    this.#parts = parts
    this.#hosts = new Map(parts.hosts.map(host => [host.name, host]))
    const names = [...this.#hosts.keys(), ...(parts.workers ? [parts.workers.name] : [])]
    this.state = new RunState(parts.plan, names)
    this.schedule = new RunSchedule(parts.plan, [...this.#hosts.keys()], parts.experience, parts.player)
    const { plan, keepGoing, hasEmerge, send } = parts
    const emit = (happening: Happening): void => {
      this.#emit(happening)
    }
    this.#verdicts = new Verdicts({ plan, state: this.state, keepGoing, hasEmerge, send, emit })
    this.#reuse = new Reuse(parts.reusable, parts.client, this.state, this.#committed)
    this.#verification = new Verification(parts.client, this.#committed, verified => {
      this.#inbox.put(verified)
    })
  }

  /** emerge said something. */
  tell(message: EmergeMessage): void {
    this.#inbox.put({ from: 'emerge', message })
  }

  /** Ends the run early: every job is ended, and the hosts are left. */
  stop(reason: string): void {
    this.#inbox.put({ from: 'stop', reason, detached: false })
  }

  /** Ends the run early, as nobody is there any more to take what it builds: hosts finish what they are at work on. */
  detach(reason: string): void {
    this.#inbox.put({ from: 'stop', reason, detached: true })
  }

  /** emerge did all that it was to do. */
  get isDone(): boolean {
    return this.#code === 0
  }

  /** Something was committed that Portage did not install. */
  get hasUnused(): boolean {
    return [...this.#committed.keys()].some(id => this.state.installed.get(id) !== true)
  }

  /** Runs to the end. */
  async run(): Promise<void> {
    const { run, version, portage } = this.#parts
    this.#emit({ type: 'run-started', run, version, portage, hosts: [...this.#hosts.keys()] })
    try {
      await this.#begin()
      // Nothing for the hosts: they are not even asked.
      const hosts = this.state.settled ? [] : this.#hosts.values()
      for (const host of hosts) this.#background(this.#keepUp(host))
      if (this.#parts.workers && !this.state.settled) this.#background(this.#letBegin(this.#parts.workers))
      for (;;) {
        this.#decide()
        if (this.#isOver()) this.#end(null)
        if (this.#ended) break
        await this.#handle(await this.#inbox.take())
      }
    } finally {
      clearTimeout(this.#alarm)
      this.#mirrors.abort()
      this.#over.abort()
      if (!this.#isDetached) this.#jobs.abortAll()
      const leave = async (those: FarmHost | Workers): Promise<void> =>
        this.#isDetached ? those.detach() : those.leave()
      await Promise.allSettled(
        [...this.#hosts.values(), ...(this.#parts.workers ? [this.#parts.workers] : [])].map(leave),
      )
      await Promise.all(this.#busy)
    }
  }

  /** Without an emerge nobody says that it is over. */
  #isOver(): boolean {
    return !this.#parts.hasEmerge && this.state.settled && this.#verification.isIdle
  }

  /** What the plan says before any host is asked. */
  async #begin(): Promise<void> {
    for (const each of this.#parts.plan.packages) {
      const { id, needs, rank, where } = each
      this.#emit({ type: 'planned', package: id, cpv: each.package.cpv, needs, rank, where })
    }
    const bound = (where: PlannedPackage['where']): PlannedPackage[] =>
      this.#parts.plan.packages.filter(each => each.where === where)
    for (const each of bound('ready')) await this.#adopt(each.id, 'here', each.package.path ?? '')
    for (const each of bound('home')) this.#verdicts.sendHome(each, each.reason)
    for (const each of bound('farm')) await this.#commitEarlier(each)
    for (const each of bound('farm')) {
      if (each.needs.length === 0 && this.#verdicts.isOpen(each.id))
        this.#emit({ type: 'package-ready', package: each.id })
    }
  }

  /** Brings a host up, and up again when it was lost, until the run is over. */
  async #keepUp(host: FarmHost): Promise<void> {
    const { name, jobs } = host
    try {
      await host.bringUp(this.#fromHost, this.#mirrors.signal)
      for (;;) {
        this.#fromHost({ type: 'host-ready', host: name, jobs })
        this.#fromHost({ type: 'host-lost', host: name, reason: await host.lost })
        await host.comeBack(this.#over.signal)
      }
    } catch (error) {
      this.#fromHost({ type: 'host-lost', host: name, reason: messageOf(error) })
    }
  }

  /** Lets the workers of a store take what is ready. */
  async #letBegin(workers: Workers): Promise<void> {
    try {
      await workers.begin(arrival => {
        this.#inbox.put(arrival)
      })
    } catch (error) {
      this.#fromHost({ type: 'host-lost', host: workers.name, reason: messageOf(error) })
    }
  }

  /** What happens on hosts arrives where all else does. */
  readonly #fromHost = (happening: Happening): void => {
    this.#inbox.put({ from: 'host', happening })
  }

  async #handle(arrival: Arrival): Promise<void> {
    switch (arrival.from) {
      case 'host':
        if (arrival.happening.type === 'host-lost' && this.state.hosts.get(arrival.happening.host)?.state === 'lost')
          return
        if (arrival.happening.type === 'job-started' && !this.#isWanted(arrival.happening.package)) return
        this.#emit(arrival.happening)
        if (arrival.happening.type === 'host-ready') this.#takeOver(arrival.happening.host)
        return
      case 'built':
        this.#take(arrival)
        return
      case 'verified':
        if (!this.#isDecided(arrival.happening.package)) {
          if (arrival.stored === null) this.#emit(arrival.happening)
          else this.#commitBuilt(arrival.happening, arrival.stored, arrival.words)
        }
        this.#background(this.#verification.next(arrival.happening.package, this.#isDecided(arrival.happening.package)))
        return
      case 'alarm':
        return
      case 'emerge':
        await this.#hear(arrival.message)
        return
      case 'stop':
        this.#emit({ type: 'interrupted' })
        this.#isDetached = arrival.detached
        this.#end(null)
        return
      default:
        arrival satisfies never
    }
  }

  /** A build ended: compare what came back, or note why nothing did. */
  #take({ target, host, result }: Arrival & { from: 'built' }): void {
    if (this.#isDecided(target.id)) {
      this.#emit({ type: 'job-cancelled', package: target.id, host })
      return
    }
    if (!result.ok) {
      const { fault, reason, log } = result
      this.#emit({ type: 'attempt-failed', package: target.id, host, fault, reason, log })
      return
    }
    const { seconds, size, usage } = result.arrived
    this.#emit({ type: 'built', package: target.id, host, seconds, bytes: size, usage })
    this.#background(this.#verification.add({ target, host, result }))
  }

  async #hear(message: EmergeMessage): Promise<void> {
    switch (message.type) {
      case 'prepare':
      case 'plan':
      case 'aside':
        throw new Error(`emerge sent a ${message.type} after its plan`)
      case 'home-started':
        this.#emit({ type: 'home-started', package: message.id })
        return
      case 'home-built':
        // A package that a host committed can be built here again after all; once is enough.
        if (!this.#committed.has(message.id)) await this.#adopt(message.id, 'home', message.path, message.place)
        return
      case 'merged':
        this.#emit({ type: 'installed', package: message.id })
        if (!this.#committed.has(message.id)) this.#verdicts.keepUsersHome(message.id)
        return
      case 'merge-failed':
        this.#verdicts.mergeFailed(message.id)
        return
      case 'interrupt':
        this.#emit({ type: 'interrupted' })
        this.#verdicts.stopStarting(null)
        this.#jobs.abortAll()
        return
      case 'end':
        this.#end(message.code)
        return
      default:
        message satisfies never
    }
  }

  #end(code: number | null): void {
    this.#code = code
    this.#emit({ type: 'run-ended', code })
    this.#ended = true
  }

  /** Everything that follows from the state as it is now, and then the builds that can start. */
  #decide(): void {
    for (const each of this.state.inState('ready')) {
      if (this.#verdicts.isStopping) this.#verdicts.withdraw(each, null)
      else if ((this.state.attempts.get(each.id) ?? []).length > 0) this.#verdicts.judge(each)
      else if (!this.#verdicts.noHostLeft() && !hasUntriedHost(this.state, each.id))
        this.#verdicts.sendHome(each, 'no host that may build it can be used')
    }
    if (this.#verdicts.noHostLeft() && !this.#verdicts.isStopping) {
      for (const each of [...this.state.inState('waiting'), ...this.state.inState('ready')]) {
        this.#verdicts.sendHome(each, 'no host can be used')
      }
    }
    this.#openGate()
    if (this.#verdicts.isStopping) return
    const at = now()
    const { starts, cancels, wake } = this.schedule.decide(at)
    for (const { package: id, host } of cancels) this.#jobs.abort(id, host)
    for (const each of starts) if (!this.#reuse.isAwaited(each.package)) this.#start(each)
    clearTimeout(this.#alarm)
    if (wake === null) return
    const alarm = (): void => {
      this.#inbox.put({ from: 'alarm' })
    }
    this.#alarm = setTimeout(alarm, Math.min(wake - at, LONGEST_SLEEP))
  }

  /** From when on Portage may change this system: every host has its root, or nothing is left for the others to do. */
  #openGate(): void {
    if (this.#mayMerge) return
    const copying = this.state.hostsIn('connecting').length + this.state.hostsIn('mirroring').length
    if (copying > 0 && !this.state.settled && !this.#verdicts.isStopping) return
    this.#mirrors.abort()
    this.#mayMerge = true
    this.#parts.send({ type: 'go' })
  }

  /** It was committed or given up in another way while a host was still at work on it: what comes back is late. */
  #isDecided(id: string): boolean {
    return this.state.of(id).state !== 'building'
  }

  /** A worker took it before it knew what was decided here: that is told to it as well. */
  #isWanted(id: string): boolean {
    const { state } = this.state.of(id)
    return state === 'ready' || state === 'building'
  }

  #start({ package: id, host: hostName, cores, why }: JobStart): void {
    const host = this.#hosts.get(hostName)
    const target = this.#parts.plan.byId.get(id)
    if (!host || !target) throw new Error(`${id} on ${hostName} is not of this run`)
    const attempt = (this.state.jobs.get(id) ?? 0) + 1
    this.#emit({ type: 'job-started', package: id, host: hostName, attempt, cores, why })
    this.#background(
      this.#jobs.run(target, host, cores, this.#committed, this.#fromHost).then(result => {
        this.#inbox.put({ from: 'built', target, host: hostName, result })
      }),
    )
  }

  /** What an earlier run of this client began on a host that is up now goes on there. */
  #takeOver(name: string): void {
    const host = this.#hosts.get(name)
    for (const id of host ? this.#reuse.on(host) : []) {
      this.#start({ package: id, host: name, cores: 1, why: ['an earlier run began it there'] })
    }
  }

  /** Commits a package that an earlier run has committed. One that is not what it should be is built again. */
  async #commitEarlier(target: PlannedPackage): Promise<void> {
    const found = await this.#reuse.take(target)
    if (!found) return
    const { stored, run, elog } = found
    this.#commit(target.id, 'here', stored, 0, { elog, run })
    this.#sendCommit(target.id, 'here', stored, 0, { log: null, elog })
  }

  /** Commits a package that came back from a host. */
  #commitBuilt(happening: Happening & { type: 'committed' }, stored: StoredPackage, words: BuildWords): void {
    const { package: id, host, seconds } = happening
    this.#commit(id, host, stored, seconds, words.elog === '' ? {} : { elog: words.elog })
    this.#sendCommit(id, host, stored, seconds, words)
  }

  #sendCommit(id: string, host: string, { path, sha256 }: StoredPackage, seconds: number, words: BuildWords): void {
    const digest = sha256 === undefined ? {} : { sha256 }
    this.#parts.send({ type: 'commit', id, path, ...digest, host, seconds, ...words })
  }

  /** Commits a package that is here already. */
  async #adopt(id: string, host: 'home' | 'here', path: string, place?: string): Promise<void> {
    try {
      const stored = await this.#parts.client.adopt(path, place)
      this.#jobs.abort(id)
      this.#commit(id, host, stored, 0)
    } catch {
      const found = this.#parts.plan.byId.get(id)
      if (found) this.#verdicts.sendHome(found, 'its binary package could not be read')
      this.#verdicts.keepUsersHome(id)
    }
  }

  #commit(id: string, host: string, stored: StoredPackage, seconds: number, said: Said = {}): void {
    this.#committed.set(id, stored)
    this.#emit({ type: 'committed', package: id, host, path: stored.path, seconds, ...said })
  }

  /** Records what happened: the state takes it in, the listeners are told, what became ready is said as well. */
  #emit(happening: Happening): void {
    const event: FarmEvent = { ...happening, at: now(), seq: this.#seq++ }
    const ready = this.state.apply(event)
    this.schedule.apply(event)
    this.#parts.workers?.apply(event)
    this.#parts.onEvent(event, this.state)
    for (const { host, reason } of this.#trust.apply(event)) this.#suspend(host, reason)
    for (const each of ready) this.#emit({ type: 'package-ready', package: each.id })
  }

  /** A host that fails what others build is treated as a lost one: it comes back after a while. */
  #suspend(name: string, reason: string): void {
    const host = this.#hosts.get(name)
    if (!host || this.state.hosts.get(name)?.state === 'lost') return
    // Before anything else is decided.
    this.#emit({ type: 'host-lost', host: name, reason })
    void host.drop(reason)
  }

  #background(work: Promise<void>): void {
    this.#busy.add(work)
    void work.finally(() => this.#busy.delete(work))
  }
}

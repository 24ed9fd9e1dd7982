/**
 * Where a schedule stands: tasks, hosts, and the jobs between them. `apply` is the only place where that changes, and it
 * keeps the list of what is ready, so that nobody looks through all tasks.
 *
 *     waiting --(all needs committed)--> ready --started--> running --built--> built --committed--> committed
 *                                          ^------failed, cancelled, host lost---'       |
 *                                          ^------------------refused--------------------'
 *     any of these but committed --left--> left (the client builds it) --committed--> committed
 *                                --given-up--> given up
 */
import type { ScheduleEvent } from './event.ts'
import { makeGraph, upwardRanks, type Graph, type Node } from './graph.ts'
import { SpeedBelief } from './learn.ts'
import { fullHost, jobLength, kindOf, shareOf, type FullHost, type HostSpec, type Task } from './model.ts'
import { ReadyList } from './ready-list.ts'

export type Phase = 'waiting' | 'ready' | 'running' | 'built' | 'committed' | 'left' | 'given-up'

/** A task, as it stands. */
export interface Item {
  readonly node: Node
  phase: Phase
  /** How many of its needs are not there yet. */
  missing: number
  /** The build's estimate: seconds on a host of speed 1. */
  seconds: number
  /** Its upward rank: seconds of the longest chain that begins with it, at speed 1. */
  rank: number
  /** What is placed first: the rank, if the policy has no other order. */
  priority: number
  /** Its jobs that run. */
  readonly copies: Job[]
  /** The hosts that cannot do it. */
  refusedBy: ReadonlySet<string>
}

/** A job that runs: one task on one host. */
export interface Job {
  readonly item: Item
  readonly host: Host
  readonly start: number
  readonly cores: number
  /** Seconds from start to end, as is expected now. */
  length: number
}

/** A host, as it stands. */
export interface Host {
  spec: FullHost
  /** Its place among the hosts, in the order in which they were made known. */
  readonly index: number
  up: boolean
  /** As it is believed to be now. */
  speed: number
  /** See kindOf. */
  kind: string
  readonly belief: SpeedBelief
  readonly jobs: Job[]
}

export class ScheduleState {
  readonly graph: Graph
  readonly items: readonly Item[]
  readonly hosts: Host[] = []
  readonly ready = new ReadyList()
  /** How many tasks are neither committed nor given up nor left to the client. */
  open: number
  /** Seconds of work, at speed 1, in those. */
  work = 0
  /** Jobs whose task is committed already: they are to be cancelled. */
  readonly useless = new Set<Job>()
  /** How far off estimates have been: the variance of the logarithm of actual over expected. */
  noise: { sum: number; weight: number }
  /** The same without any assumption: the sum of the squares, and how many jobs it is of. */
  readonly surprise: { wrong: number; jobs: number }
  readonly #hostsByName = new Map<string, Host>()

  constructor(tasks: readonly Task[] | ScheduleState) {
    if (tasks instanceof ScheduleState) {
      const from = tasks
      this.graph = from.graph
      this.noise = { ...from.noise }
      this.surprise = { ...from.surprise }
      this.open = from.open
      this.work = from.work
      this.items = from.items.map(item => ({ ...item, copies: [] }))
      for (const host of from.hosts) this.#copyHost(host)
      for (const job of from.useless) this.useless.add(this.#jobOf(job))
      this.ready.fill(from.ready.list.map(item => this.item(item.node)))
      return
    }
    this.graph = makeGraph(tasks)
    this.surprise = { wrong: 0, jobs: 0 }
    this.noise = { sum: FIRST_NOISE * NOISE_WEIGHT, weight: NOISE_WEIGHT }
    this.open = tasks.length
    const ranks = upwardRanks(this.graph, ({ task }) => task.install + task.seconds)
    this.items = this.graph.nodes.map(node => {
      const rank = ranks[node.index] ?? 0
      const { seconds } = node.task
      const missing = node.needs.length
      const phase = missing === 0 ? 'ready' : 'waiting'
      return { node, phase, missing, seconds, rank, priority: rank, copies: [], refusedBy: NOBODY }
    })
    for (const item of this.items) this.work += item.node.task.install + item.seconds
    this.ready.fill(this.items.filter(item => item.phase === 'ready'))
  }

  /** A copy that goes its own way. */
  fork(): ScheduleState {
    return new ScheduleState(this)
  }

  item(node: Node): Item {
    const item = this.items[node.index]
    if (!item) throw new Error(`${node.task.id} is not of this schedule`)
    return item
  }

  byId(id: string): Item {
    const node = this.graph.byId.get(id)
    if (!node) throw new Error(`${id} is not among the tasks`)
    return this.item(node)
  }

  host(name: string): Host {
    const host = this.#hostsByName.get(name)
    if (!host) throw new Error(`${name} is not among the hosts`)
    return host
  }

  /** Orders what is ready, now and from now on, by these numbers, by index; null: by upward rank. */
  setPriorities(priorities: ArrayLike<number> | null): void {
    for (const item of this.items) item.priority = priorities?.[item.node.index] ?? item.rank
    this.ready.fill(this.ready.list)
  }

  apply(event: ScheduleEvent): void {
    switch (event.type) {
      case 'host-ready':
        this.#hostReady(event.host)
        return
      case 'host-lost': {
        const host = this.host(event.host)
        host.up = false
        for (const job of [...host.jobs]) this.#end(job)
        return
      }
      case 'host-speed': {
        const host = this.host(event.host)
        host.belief.know()
        this.#setSpeed(host, event.speed, event.at)
        return
      }
      case 'host-room': {
        const host = this.host(event.host)
        host.spec = { ...host.spec, memory: event.memory, disk: event.disk }
        return
      }
      case 'started':
        this.#start(this.byId(event.task), this.host(event.host), event)
        return
      case 'built': {
        const job = this.#job(event)
        this.#learn(job, event.at)
        if (job.item.phase === 'running') job.item.phase = 'built'
        this.#end(job)
        return
      }
      case 'failed': {
        const job = this.#job(event)
        if (!event.retry) refuse(job.item, event.host)
        this.#end(job)
        return
      }
      case 'cancelled':
        this.#end(this.#job(event))
        return
      case 'refused': {
        const item = this.byId(event.task)
        refuse(item, event.host)
        if (item.phase === 'built') this.#backTo(item)
        return
      }
      case 'committed':
        this.#commit(this.byId(event.task))
        return
      case 'left': {
        const item = this.byId(event.task)
        this.#close(item, 'left')
        return
      }
      case 'given-up':
        this.#close(this.byId(event.task), 'given-up')
        for (const id of event.freed) this.#release(this.byId(id))
        return
      case 'estimated':
        this.#estimate(this.byId(event.task), event.seconds)
        return
      default:
        event satisfies never
    }
  }

  #hostReady(spec: HostSpec): void {
    const known = this.#hostsByName.get(spec.name)
    const full = fullHost(spec)
    if (known?.jobs.length) throw new Error(`${spec.name} has jobs, and cannot become another host`)
    const host: Host = {
      spec: full,
      index: known?.index ?? this.hosts.length,
      up: true,
      speed: full.speed,
      kind: kindOf(full, full.speed),
      belief: new SpeedBelief(),
      jobs: [],
    }
    this.hosts[host.index] = host
    this.#hostsByName.set(spec.name, host)
  }

  #start(item: Item, host: Host, { at, cores }: { at: number; cores: number }): void {
    if (item.phase !== 'ready' && item.phase !== 'running') {
      throw new Error(`${item.node.task.id} is ${item.phase} and cannot be started`)
    }
    if (item.phase === 'ready') this.ready.remove(item)
    item.phase = 'running'
    const length = jobLength(item.node.task, item.seconds, host.spec, host.speed, cores)
    const job: Job = { item, host, start: at, cores, length }
    item.copies.push(job)
    host.jobs.push(job)
  }

  #job({ task, host }: { task: string; host: string }): Job {
    const job = this.host(host).jobs.find(each => each.item.node.task.id === task)
    if (!job) throw new Error(`${task} does not run on ${host}`)
    return job
  }

  /** The job runs no more. If nothing else is done about its task, that is ready again. */
  #end(job: Job): void {
    remove(job.host.jobs, job)
    remove(job.item.copies, job)
    this.useless.delete(job)
    if (job.item.phase === 'running') this.#backTo(job.item)
  }

  #backTo(item: Item): void {
    item.phase = item.copies.length > 0 ? 'running' : 'ready'
    if (item.phase === 'ready') this.ready.add(item)
  }

  #commit(item: Item): void {
    if (item.phase === 'committed') throw new Error(`${item.node.task.id} is committed a second time`)
    this.#close(item, 'committed')
    for (const user of item.node.users) this.#release(this.item(user))
  }

  #close(item: Item, phase: 'committed' | 'left' | 'given-up'): void {
    if (item.phase === 'ready') this.ready.remove(item)
    if (item.phase !== 'left' && item.phase !== 'given-up') {
      this.open--
      this.work -= item.node.task.install + item.seconds
    }
    item.phase = phase
    for (const job of item.copies) this.useless.add(job)
  }

  /** One thing less to wait for. */
  #release(item: Item): void {
    item.missing--
    if (item.missing > 0 || item.phase !== 'waiting') return
    item.phase = 'ready'
    this.ready.add(item)
  }

  /** Ranks of all that it needs may change with it, and theirs, as far as the change goes. */
  #estimate(item: Item, seconds: number): void {
    if (item.phase !== 'committed' && item.phase !== 'left' && item.phase !== 'given-up') {
      this.work += seconds - item.seconds
    }
    for (const job of item.copies) {
      const length = (estimate: number): number =>
        jobLength(item.node.task, estimate, job.host.spec, job.host.speed, job.cores)
      job.length += length(seconds) - length(item.seconds)
    }
    item.seconds = seconds
    const changed = [item]
    for (const each of changed) {
      let after = 0
      for (const user of each.node.users) after = Math.max(after, this.item(user).rank)
      const rank = each.node.task.install + each.seconds + after
      if (rank === each.rank) continue
      const isReady = each.phase === 'ready'
      if (isReady) this.ready.remove(each)
      if (each.priority === each.rank) each.priority = rank
      each.rank = rank
      if (isReady) this.ready.add(each)
      for (const need of each.node.needs) changed.push(this.item(need))
    }
  }

  #learn(job: Job, at: number): void {
    const { item, host, start, cores } = job
    if (at <= start || item.node.task.isGuess) return
    const expected = jobLength(item.node.task, item.seconds, host.spec, host.speed, cores)
    const rest = Math.log(expected / (at - start))
    const variance = this.noise.sum / this.noise.weight
    // One job that is far off, because its host became slow, must not make every estimate doubtful.
    this.noise.sum += Math.min(rest * rest, 4 * variance + 0.01)
    this.noise.weight++
    this.surprise.wrong += Math.min(rest * rest, 4)
    this.surprise.jobs++
    this.#setSpeed(host, host.speed * Math.exp(host.belief.shift(rest, variance)), at)
  }

  #setSpeed(host: Host, speed: number, at: number): void {
    for (const job of host.jobs) {
      const left = Math.max(0, job.start + job.length - at)
      job.length += left * (host.speed / speed - 1)
    }
    host.speed = speed
    host.kind = kindOf(host.spec, speed)
  }

  #copyHost(host: Host): void {
    const copy: Host = { ...host, belief: host.belief.copy(), jobs: [] }
    this.hosts.push(copy)
    this.#hostsByName.set(host.spec.name, copy)
    for (const job of host.jobs) {
      const item = this.item(job.item.node)
      const jobCopy: Job = { ...job, item, host: copy }
      copy.jobs.push(jobCopy)
      item.copies.push(jobCopy)
    }
  }

  #jobOf({ item, host }: Job): Job {
    return this.#job({ task: item.node.task.id, host: host.spec.name })
  }
}

/** Before anything is known, estimates are taken to be off by a fifth or so. */
const FIRST_NOISE = 0.05
/** How many jobs that is worth. */
const NOISE_WEIGHT = 4

const NOBODY: ReadonlySet<string> = new Set()

function refuse(item: Item, host: string): void {
  item.refusedBy = new Set([...item.refusedBy, host])
}

function remove<T>(list: T[], what: T): void {
  const place = list.indexOf(what)
  if (place < 0) throw new Error('what is to be removed is not there')
  list.splice(place, 1)
}

/** Seconds of a job on the host if it began now, with the cores that every job there has at least. */
export function lengthOn(item: Item, host: Host): number {
  return jobLength(item.node.task, item.seconds, host.spec, host.speed, shareOf(host.spec))
}

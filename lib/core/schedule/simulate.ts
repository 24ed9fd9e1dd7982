/**
 * A run of the scheduler, or of another that is asked in the same way, driven by a virtual clock. The simulator keeps its
 * own books of who does what, and throws where a decision breaks a rule: it is the referee, not the player.
 */
import type { ScheduleEvent } from './event.ts'
import { Heap } from './heap.ts'
import { fullHost, fullTask, jobLength, type FullHost, type FullTask, type HostSpec, type Task } from './model.ts'
import type { Decision } from './scheduler.ts'

/** What is driven. */
export interface Decider {
  apply(event: ScheduleEvent): void
  decide(now: number): Decision
}

/** Something that happens to a host, at a time. A new speed is not told to the scheduler: it must find out. */
export type Incident =
  { type: 'death'; at: number; host: string } | { type: 'speed'; at: number; host: string; speed: number }

export interface Simulation {
  /** With the true durations. */
  tasks: readonly Task[]
  hosts: readonly HostSpec[]
  incidents?: readonly Incident[]
  /** The simulation ends then, if not before. Default: when everything is built. */
  stopAt?: number
}

export interface SimulatedJob {
  task: string
  host: string
  cores: number
  /** When all that it needs was there. */
  ready: number
  start: number
  end: number
  /** How it ended; `running`: the simulation ended before. */
  outcome: 'committed' | 'cancelled' | 'lost' | 'running'
}

/** What came of it. */
export interface SimulatedRun {
  makespan: number
  /** In the order in which they were started. */
  jobs: SimulatedJob[]
  decisions: number
}

interface Running {
  record: SimulatedJob
  task: FullTask
  host: SimulatedHost
  end: number
  isOver: boolean
}

interface SimulatedHost {
  spec: FullHost
  speed: number
  isUp: boolean
  running: Set<Running>
}

export function simulate(simulation: Simulation, decider: Decider): SimulatedRun {
  return new Simulator(simulation, decider).run()
}

class Simulator {
  readonly #decider: Decider
  readonly #tasks: Map<string, { task: FullTask; missing: number; users: string[]; ready: number; running: Running[] }>
  readonly #hosts: Map<string, SimulatedHost>
  readonly #incidents: Incident[]
  readonly #committed = new Set<string>()
  readonly #ends = new Heap<Running>((a, b) => a.end < b.end || (a.end === b.end && a.task.id < b.task.id))
  readonly #jobs: SimulatedJob[] = []
  readonly #stopAt: number
  #now = 0
  #decisions = 0

  constructor({ tasks, hosts, incidents = [], stopAt = Infinity }: Simulation, decider: Decider) {
    this.#decider = decider
    this.#stopAt = stopAt
    this.#tasks = new Map(
      tasks.map(task => {
        const full = fullTask(task)
        return [task.id, { task: full, missing: new Set(task.needs).size, users: [], ready: 0, running: [] }]
      }),
    )
    for (const task of tasks) for (const need of new Set(task.needs)) this.#task(need).users.push(task.id)
    this.#hosts = new Map(
      hosts.map(host => {
        const spec = fullHost(host)
        return [host.name, { spec, speed: spec.speed, isUp: true, running: new Set() }]
      }),
    )
    this.#incidents = [...incidents].sort((a, b) => a.at - b.at)
    for (const host of hosts) decider.apply({ type: 'host-ready', at: 0, host })
  }

  run(): SimulatedRun {
    while (this.#committed.size < this.#tasks.size) {
      const wake = this.#act()
      const next = Math.min(this.#nextEnd(), this.#incidents[0]?.at ?? Infinity, wake ?? Infinity)
      if (next === Infinity) throw new Error('nothing runs, nothing is started, and not everything is built')
      if (next > this.#stopAt) {
        this.#now = this.#stopAt
        break
      }
      if (next < this.#now) throw new Error('time goes backwards')
      this.#now = next
      while (this.#nextEnd() <= next) this.#finish()
      while ((this.#incidents[0]?.at ?? Infinity) <= next) this.#happen()
    }
    return { makespan: this.#now, jobs: this.#jobs, decisions: this.#decisions }
  }

  /** Asks, and does what is said. Returns when to ask again. */
  #act(): number | null {
    this.#decisions++
    const { starts, cancels, wake } = this.#decider.decide(this.#now)
    for (const { task, host } of cancels) this.#cancel(task, host)
    for (const { task, host, cores } of starts) this.#start(task, host, cores)
    if (wake !== null && wake <= this.#now) throw new Error('to ask again at once would never end')
    return wake
  }

  #task(id: string): { task: FullTask; missing: number; users: string[]; ready: number; running: Running[] } {
    const found = this.#tasks.get(id)
    if (!found) throw new Error(`there is no task ${id}`)
    return found
  }

  #start(id: string, hostName: string, cores: number): void {
    const entry = this.#task(id)
    const { task } = entry
    const host = this.#hosts.get(hostName)
    if (!host?.isUp) throw new Error(`${hostName} is not there, and was to build ${id}`)
    if (entry.missing > 0) throw new Error(`${id} was started before all that it needs was there`)
    if (this.#committed.has(id)) throw new Error(`${id} was started though it is committed`)
    if (entry.running.some(each => each.host === host)) throw new Error(`${id} was started twice on ${hostName}`)
    if (task.hosts !== null && !task.hosts.has(hostName)) throw new Error(`${id} must not be built on ${hostName}`)
    const length = jobLength(task, task.seconds, host.spec, host.speed, cores)
    const end = this.#now + length
    const record: SimulatedJob = {
      task: id,
      host: hostName,
      cores,
      ready: entry.ready,
      start: this.#now,
      end,
      outcome: 'running',
    }
    const running: Running = { record, task, host, end, isOver: false }
    host.running.add(running)
    entry.running.push(running)
    this.#jobs.push(record)
    this.#ends.push(running)
    checkLimits(host)
    this.#decider.apply({ type: 'started', at: this.#now, task: id, host: hostName, cores })
  }

  #cancel(id: string, hostName: string): void {
    const running = this.#task(id).running.find(each => each.host.spec.name === hostName)
    if (!running) throw new Error(`${id} was to be cancelled on ${hostName}, where it does not run`)
    this.#over(running, 'cancelled')
    this.#decider.apply({ type: 'cancelled', at: this.#now, task: id, host: hostName })
  }

  #over(running: Running, how: SimulatedJob['outcome']): void {
    running.isOver = true
    running.host.running.delete(running)
    const entry = this.#task(running.task.id)
    entry.running = entry.running.filter(each => each !== running)
    const { record } = running
    record.outcome = how
    record.end = this.#now
  }

  #nextEnd(): number {
    for (let next = this.#ends.peek(); next; next = this.#ends.peek()) {
      if (!next.isOver) return next.end
      this.#ends.pop()
    }
    return Infinity
  }

  #finish(): void {
    const running = this.#ends.pop()
    if (!running) return
    const { id } = running.task
    this.#over(running, 'committed')
    if (this.#committed.has(id)) throw new Error(`${id} was committed a second time`)
    this.#decider.apply({ type: 'built', at: this.#now, task: id, host: running.host.spec.name })
    this.#committed.add(id)
    this.#decider.apply({ type: 'committed', at: this.#now, task: id })
    for (const user of this.#task(id).users) {
      const entry = this.#task(user)
      if (--entry.missing === 0) entry.ready = this.#now
    }
    // The other copies may end at this very moment: that one was first is enough.
    for (const other of this.#task(id).running) this.#cancel(id, other.host.spec.name)
  }

  #happen(): void {
    const incident = this.#incidents.shift()
    const host = incident && this.#hosts.get(incident.host)
    if (!host) return
    if (incident.type === 'death') {
      host.isUp = false
      for (const running of [...host.running]) this.#over(running, 'lost')
      this.#decider.apply({ type: 'host-lost', at: this.#now, host: incident.host })
      return
    }
    for (const running of [...host.running]) {
      // The heap's order holds only for ends that stay: the job goes on under a new entry.
      const left = (running.end - this.#now) * (host.speed / incident.speed)
      const going: Running = { ...running, end: this.#now + left }
      running.isOver = true
      host.running.delete(running)
      host.running.add(going)
      const entry = this.#task(running.task.id)
      entry.running = entry.running.map(each => (each === running ? going : each))
      this.#ends.push(going)
    }
    host.speed = incident.speed
  }
}

function checkLimits({ spec, running }: SimulatedHost): void {
  let cores = 0
  let memory = 0
  let disk = 0
  for (const { record, task } of running) {
    cores += record.cores
    memory += task.memory
    disk += task.disk
  }
  const over = (what: string): Error => new Error(`${spec.name} was given more ${what} than it has`)
  if (running.size > spec.slots) throw over('jobs')
  if (cores > Math.max(spec.cores, spec.slots)) throw over('cores')
  if (memory > spec.memory) throw over('memory')
  if (disk > spec.disk) throw over('disk')
}

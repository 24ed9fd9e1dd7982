/**
 * The scheduler of a run: a fold of the run's events into those of the scheduler, and its decisions in the run's words.
 * Nothing else tells the scheduler what happens.
 */
import type { FarmEvent, HostRoom } from '../event.ts'
import type { Experience } from '../history/estimate.ts'
import { HOME } from '../history/observation.ts'
import type { Plan } from '../plan.ts'
import type { HostSpec, Task } from '../schedule/model.ts'
import { Scheduler } from '../schedule/scheduler.ts'
import { type Finished, lostByEstimates } from './hindsight.ts'
import { reasons } from './reasons.ts'
import { hostOf, roomiest, tasksOf } from './tasks.ts'

/** How many placements are tried at the start: some tenths of a second on a slow machine. */
const LOOK_AHEAD = 20_000
/** By how much an estimate that nothing was remembered for grows when it has proved too short. */
const LONGER = 2

/** A job that is to be started now. */
export interface JobStart {
  package: string
  host: string
  /** What MAKEOPTS is to give it. */
  cores: number
  /** What spoke for the host, in words. */
  why: string[]
}

export interface RunDecision {
  starts: JobStart[]
  /** Jobs whose package is committed or given up. */
  cancels: { package: string; host: string }[]
  /** To be asked again then, in milliseconds since the epoch, even if nothing happens. null: there is no need. */
  wake: number | null
}

/** What is asked for decisions: the scheduler, or in measurements another that goes by other rules. */
export type Player = Pick<Scheduler, 'apply' | 'decide'> & { why?: Scheduler['why'] }

interface RunningJob {
  since: number
  cores: number
  isBuilt: boolean
}

export class RunSchedule {
  readonly #plan: Plan
  readonly #experience: Experience
  readonly #player: Player
  readonly #tasks: ReadonlyMap<string, Task>
  /** The hosts that may still come up. */
  readonly #coming: Set<string>
  /** Those that have joined, with what they have. */
  readonly #joined = new Map<string, HostRoom>()
  /** Those that take builds. */
  readonly #up = new Map<string, HostSpec>()
  /** By package, by host. */
  readonly #jobs = new Map<string, Map<string, RunningJob>>()
  /** What was committed or given up. */
  readonly #closed = new Set<string>()
  /** All hosts that have been up. */
  readonly #hosts: HostSpec[] = []
  readonly #finished = new Map<string, Finished>()
  /** The hosts on which a package failed. */
  readonly #failed = new Map<string, Set<string>>()
  /** Whether every package has a host with memory and disk enough, as things stand. */
  #hasRoom = false
  /** Estimates that were nothing but guesses, as they are now. */
  readonly #guesses = new Map<string, number>()

  /**
   * @param hosts the names of all that the run has
   * @param player makes the player for these tasks. Default: the scheduler.
   */
  constructor(plan: Plan, hosts: readonly string[], experience: Experience, player = schedulerFor) {
    this.#plan = plan
    this.#experience = experience
    // What stays on this system is no host's: the scheduler takes its seconds as they are.
    const tasks = tasksOf(plan, experience, hosts).map(task =>
      plan.byId.get(task.id)?.where === 'home' ? { ...task, seconds: task.seconds / experience.speed(HOME) } : task,
    )
    this.#tasks = new Map(tasks.map(task => [task.id, task]))
    for (const { id, seconds, isGuess } of tasks) if (isGuess) this.#guesses.set(id, seconds)
    this.#coming = new Set(hosts)
    this.#player = player(tasks)
  }

  /** Takes in what happened in the run. */
  apply(event: FarmEvent): void {
    const at = event.at / 1000
    switch (event.type) {
      case 'host-joined':
        this.#joined.set(event.host, event)
        return
      case 'mirror-finished':
        this.#mirrored(event.host, event.bytes)
        return
      case 'host-ready':
        this.#hostReady(event.host, event.jobs, at)
        return
      case 'host-lost':
      case 'host-refused':
        this.#hostLost(event.host, at)
        return
      case 'job-started':
        this.#jobsOf(event.package).set(event.host, { since: at, cores: event.cores, isBuilt: false })
        this.#player.apply({ type: 'started', at, task: event.package, host: event.host, cores: event.cores })
        return
      case 'built': {
        const job = this.#jobsOf(event.package).get(event.host)
        if (!job) return
        job.isBuilt = true
        const { seconds, usage } = event
        const cores = usage?.cores ?? job.cores
        this.#finished.set(event.package, { seconds, cores, speed: this.#experience.speed(event.host) })
        this.#player.apply({ type: 'built', at, task: event.package, host: event.host })
        return
      }
      case 'attempt-failed': {
        const job = this.#ended(event)
        this.#failed.set(event.package, new Set([...(this.#failed.get(event.package) ?? []), event.host]))
        this.#hasRoom = false
        const about = { at, task: event.package, host: event.host }
        if (job?.isBuilt === false) this.#player.apply({ type: 'failed', ...about, retry: false })
        // What it has built may be refused when it is lost already: it is to be built again.
        else if (job?.isBuilt === true || this.#up.has(event.host)) this.#player.apply({ type: 'refused', ...about })
        return
      }
      case 'job-cancelled':
        if (this.#ended(event)?.isBuilt === false) {
          this.#player.apply({ type: 'cancelled', at, task: event.package, host: event.host })
        }
        return
      case 'committed':
        if (this.#close(event.package)) this.#player.apply({ type: 'committed', at, task: event.package })
        return
      case 'sent-home':
        this.#player.apply({ type: 'left', at, task: event.package })
        return
      case 'failed':
      case 'withdrawn':
        if (this.#close(event.package)) {
          this.#player.apply({ type: 'given-up', at, task: event.package, freed: this.#freedBy(event.package) })
        }
        return
      default:
    }
  }

  /** `now`: milliseconds since the epoch. */
  decide(now: number): RunDecision {
    const at = now / 1000
    this.#reviseGuesses(at)
    this.#makeRoom(at)
    const { starts, cancels, wake } = this.#player.decide(at)
    return {
      starts: starts.map(({ task, host, cores, isCopy }) => {
        const found = this.#plan.byId.get(task)
        const why = found ? reasons(found, host, isCopy, this.#player.why?.(task, at) ?? null, at) : []
        return { package: task, host, cores, why }
      }),
      cancels: cancels.map(({ task, host }) => ({ package: task, host })),
      wake: wake === null ? null : wake * 1000,
    }
  }

  /** Seconds that the run lost by wrong estimates, as far as that can be told from what has been built. */
  get lostByEstimates(): number {
    return lostByEstimates([...this.#tasks.values()], this.#hosts, this.#finished)
  }

  /** The copy of the client's root takes room that builds do not have. */
  #mirrored(name: string, bytes: number): void {
    const has = this.#joined.get(name)
    if (has?.disk !== undefined) this.#joined.set(name, { ...has, disk: Math.max(0, has.disk - bytes) })
  }

  #hostReady(name: string, slots: number, at: number): void {
    this.#coming.delete(name)
    const host = hostOf(name, slots, this.#experience, this.#joined.get(name) ?? null)
    if (!this.#hosts.some(each => each.name === name)) this.#hosts.push(host)
    this.#up.set(name, host)
    this.#hasRoom = false
    this.#player.apply({ type: 'host-ready', at, host })
  }

  #hostLost(name: string, at: number): void {
    this.#coming.delete(name)
    this.#hasRoom = false
    if (!this.#up.delete(name)) return
    this.#player.apply({ type: 'host-lost', at, host: name })
    for (const jobs of this.#jobs.values()) if (jobs.get(name)?.isBuilt === false) jobs.delete(name)
  }

  /** Nothing comes of the job. Returns it as it was; undefined: it was lost with its host. */
  #ended({ package: id, host }: { package: string; host: string }): RunningJob | undefined {
    const jobs = this.#jobs.get(id)
    const job = jobs?.get(host)
    jobs?.delete(host)
    return job
  }

  #jobsOf(id: string): Map<string, RunningJob> {
    const jobs = this.#jobs.get(id) ?? new Map<string, RunningJob>()
    this.#jobs.set(id, jobs)
    return jobs
  }

  /** Returns whether it was open. */
  #close(id: string): boolean {
    if (this.#closed.has(id)) return false
    this.#closed.add(id)
    return true
  }

  /** What can do without it. */
  #freedBy(id: string): string[] {
    return this.#plan.packages.filter(each => each.optional.has(id)).map(each => each.id)
  }

  /**
   * A build that takes longer than was guessed says that the guess was wrong, not that its host is slow: it is taken to
   * need as long again. Otherwise an idle host would begin the same, in the belief to be quicker.
   */
  #reviseGuesses(at: number): void {
    for (const [id, jobs] of this.#jobs) {
      const guess = this.#guesses.get(id)
      if (guess === undefined) continue
      let seconds = guess
      for (const { since, isBuilt } of jobs.values()) {
        // At speed 1, on one core: a fast host may be late long after this, and then it is not too early to say so.
        while (!isBuilt && at - since > seconds) seconds *= LONGER
      }
      if (seconds === guess) continue
      this.#guesses.set(id, seconds)
      this.#player.apply({ type: 'estimated', at, task: id, seconds })
    }
  }

  /** What no host has room for is built on the one that has most, alone. */
  #makeRoom(at: number): void {
    if (this.#hasRoom || this.#coming.size > 0) return
    this.#hasRoom = true
    for (const task of this.#tasks.values()) {
      const { id, hosts, memory = 0, disk = 0 } = task
      if ((memory === 0 && disk === 0) || this.#closed.has(id)) continue
      const failed = this.#failed.get(id)
      const able = [...this.#up.values()].filter(({ name }) => hosts?.includes(name) !== false && !failed?.has(name))
      const host = roomiest(task, able)
      if (!host) continue
      const room = { memory: Math.max(memory, host.memory ?? Infinity), disk: Math.max(disk, host.disk ?? Infinity) }
      this.#up.set(host.name, { ...host, ...room })
      this.#player.apply({ type: 'host-room', at, host: host.name, ...room })
    }
  }
}

function schedulerFor(tasks: readonly Task[]): Player {
  return new Scheduler(tasks, { lookAhead: LOOK_AHEAD, copies: 'gain' })
}

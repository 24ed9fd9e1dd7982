/**
 * The scheduler: it is told what happens, and says what to start. It has no clock and does nothing by itself; a run loop
 * and the simulator drive it in the same way:
 *
 *     scheduler.apply(event)                 for everything that happens
 *     const { starts, cancels, wake } = scheduler.decide(now)
 *     … start, cancel, apply what came of it; ask again after the next event, or at `wake`
 *
 * Asking changes nothing: what is to be started is started when `apply` is told so.
 */
import { lowerBound, type Bound } from './bound.ts'
import { secondCopies } from './copies.ts'
import type { ScheduleEvent } from './event.ts'
import { forecast, type Forecast } from './forecast.ts'
import type { Task } from './model.ts'
import { expectedEnd, type Lane } from './outlook.ts'
import { place, type Placement } from './place.ts'
import { EARLIEST_FINISH, type Policy } from './policy.ts'
import { search, type Plan } from './search.ts'
import { lendCores } from './cores.ts'
import { ScheduleState } from './state.ts'
import { explain, type Why } from './why.ts'

export interface SchedulerOptions {
  /**
   * How many placements may be tried when looking ahead at the start. Later, after so many surprises that looking again
   * may pay, a twelfth of it. 0: never. Default 60 000, which is less than a second.
   */
  lookAhead?: number
  /**
   * What idle hosts do about packages that are being built elsewhere. `never`: nothing. `gain`: a second copy where it is
   * expected to be finished first. `always`: besides that, the fastest host takes one of whatever is left, so that the
   * hosts together are never slower than the fastest host alone, however wrong the estimates are. Default `always`.
   */
  copies?: 'never' | 'gain' | 'always'
  /** Goes by this rule alone and does not look ahead: for comparisons. Default: whatever is best. */
  policy?: Policy
}

export interface Start {
  task: string
  host: string
  /** For MAKEOPTS. */
  cores: number
  /** When it is expected to end. */
  finish: number
  /** Another host builds it already. */
  isCopy: boolean
}

export interface Cancel {
  task: string
  host: string
}

export interface Decision {
  starts: Start[]
  /** Jobs whose package is committed or given up. */
  cancels: Cancel[]
  /** Ask again then even if nothing happens: a job will be late by then. null: there is no need. */
  wake: number | null
}

const LOOK_AHEAD = 60_000
/** What looking ahead again may cost, as a part of that. */
const REPLAN_PART = 12
/** It looks ahead again when this part of what was left has been committed at another time than was expected. */
const SURPRISES = 0.2
/** After so many surprises a plan that was made for none is made anew. */
const DISTRUST = 12
/** Committed later or earlier than expected by this part of the time since the plan was made: a surprise. */
const PUNCTUAL = 0.001
/** A late job is looked at again after this part of the time that it has taken. */
const LATE_STEP = 0.05

export class Scheduler {
  readonly #state: ScheduleState
  readonly #lookAhead: number
  readonly #copies: 'never' | 'gain' | 'always'
  readonly #isBound: boolean
  #plan: Plan | null = null
  #plannedAt = 0
  #isStale = true
  #surprises = 0
  #openThen = 0

  /** Throws if the tasks are no plan: see makeGraph. */
  constructor(tasks: readonly Task[], { lookAhead = LOOK_AHEAD, copies = 'always', policy }: SchedulerOptions = {}) {
    this.#state = new ScheduleState(tasks)
    this.#lookAhead = lookAhead
    this.#copies = copies
    if (policy) this.#plan = { policy, priorities: null, forecast: null }
    this.#isBound = policy !== undefined
  }

  /** Takes in what happened. Throws if that cannot be, as things stand. */
  apply(event: ScheduleEvent): void {
    this.#state.apply(event)
    switch (event.type) {
      case 'host-ready':
      case 'host-lost':
      case 'host-speed':
      case 'host-room':
        this.#isStale = true
        return
      case 'committed':
        this.#compare(event.task, event.at)
        return
      default:
    }
  }

  decide(now: number): Decision {
    const state = this.#state
    this.#planAhead(now)
    const placing = place(state, now, this.#plan?.policy ?? EARLIEST_FINISH)
    lendCores(state, placing)
    const { lanes } = placing
    const copies = this.#copies === 'never' ? [] : secondCopies(state, lanes, now, this.#copies === 'always')
    const cancels = [...state.useless].map(job => ({ task: job.item.node.task.id, host: job.host.spec.name }))
    const starts = [...placing.starts.map(each => startOf(each, false)), ...copies.map(each => startOf(each, true))]
    return { starts, cancels, wake: this.#wake(lanes, now) }
  }

  /** Why the task is where it is, as things stand. */
  why(task: string, now: number): Why {
    return explain(this.#state, this.#state.byId(task), now, this.#plan?.policy ?? EARLIEST_FINISH)
  }

  /** The least that is left to do, whatever anybody does. */
  bound(now: number): Bound {
    return lowerBound(this.#state, now)
  }

  /** How it goes on, if everything takes as long as is expected now. */
  forecast(now: number): Forecast {
    this.#planAhead(now)
    return forecast(this.#state.fork(), now, this.#plan?.policy ?? EARLIEST_FINISH)
  }

  #planAhead(now: number): void {
    const many = Math.max(5, this.#openThen * SURPRISES)
    // A plan that was made as if estimates were right is soon not to be trusted.
    const enough = this.#surprises > (this.#plan?.forecast ? Math.min(many, DISTRUST) : many)
    if (this.#isBound || (!this.#isStale && !enough)) return
    const state = this.#state
    if (!state.hosts.some(host => host.up)) return
    const budget = this.#plan ? this.#lookAhead / REPLAN_PART : this.#lookAhead
    this.#plan = search(state, now, budget, this.#plan)
    state.setPriorities(this.#plan.priorities)
    this.#isStale = false
    this.#surprises = 0
    this.#plannedAt = now
    this.#openThen = state.open
  }

  #compare(task: string, at: number): void {
    const end = this.#plan?.forecast?.ends[this.#state.byId(task).node.index]
    if (end !== undefined && Math.abs(end - at) <= PUNCTUAL * Math.max(1, at - this.#plannedAt)) return
    this.#surprises++
  }

  /** While a slot is free, a job that is late may change what that is best used for. */
  #wake(lanes: readonly Lane[], now: number): number | null {
    if (lanes.every(lane => lane.free <= 0)) return null
    let wake = Infinity
    for (const { host } of lanes) {
      for (const job of host.jobs) {
        const late = Math.max(1, LATE_STEP * (now - job.start))
        const end = job.start + job.length
        wake = Math.min(wake, end > now ? end + 0.01 : Math.min(now + late, expectedEnd(this.#state, job, now)))
      }
    }
    return wake === Infinity ? null : wake
  }
}

function startOf({ item, host, cores, finish }: Placement, isCopy: boolean): Start {
  return { task: item.node.task.id, host: host.spec.name, cores, finish, isCopy }
}

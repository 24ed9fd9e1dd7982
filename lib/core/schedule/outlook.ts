/** What each host will have free, and when: the scratch paper of one decision. */
import { shareOf } from './model.ts'
import type { Host, Item, Job, ScheduleState } from './state.ts'

/** A job that is late goes on for at least this part of the time that it has taken so far. */
const LEAST_SURPRISE = 0.1
/** What runs does not end now, whatever was expected. Seconds. */
const NOT_YET = 0.001

/**
 * When a running job is expected to end. One that has passed its expected end is taken to need a part more of what it
 * has taken so far, the greater the worse estimates have been: nobody knows better, and the longer a job is late, the
 * longer it is still to be expected.
 */
export function expectedEnd(state: ScheduleState, job: Job, now: number): number {
  const end = job.start + job.length
  if (end >= now + NOT_YET) return end
  if (end >= now - NOT_YET) return now + NOT_YET
  const surprise = Math.max(LEAST_SURPRISE, Math.sqrt(state.noise.sum / state.noise.weight))
  return now + Math.max(NOT_YET, surprise * (now - job.start))
}

/** With so many stretches taken for each slot, what comes next on a host is not fitted in but put behind all of them. */
const MOST_HOLDS = 4

/** A stretch of time for which something of a host is taken. */
interface Hold {
  from: number
  until: number
  cores: number
  memory: number
  disk: number
}

/** A host's near future. */
export class Lane {
  readonly host: Host
  readonly share: number
  readonly #now: number
  /** When each slot is free; for a host where nothing but slots can be short. */
  readonly #ends: number[] = []
  /** What is taken; null where nothing but slots can be short. */
  readonly #holds: Hold[] | null
  /** How many slots are free now. */
  free: number
  /** No job can begin before this; where nothing but slots can be short, one can begin then. */
  soonest: number

  constructor(state: ScheduleState, host: Host, now: number) {
    this.host = host
    this.#now = now
    this.share = shareOf(host.spec)
    const { slots, memory, disk } = host.spec
    this.free = slots - host.jobs.length
    const isPlain = memory === Infinity && disk === Infinity && host.jobs.every(job => job.cores <= this.share)
    this.#holds = isPlain ? null : []
    for (const job of host.jobs) {
      const until = expectedEnd(state, job, now)
      this.#ends.push(until)
      this.#holds?.push({ from: now, until, cores: job.cores, ...needsOf(job.item) })
    }
    for (let slot = this.free; slot > 0; slot--) this.#ends.push(now)
    this.soonest = Math.min(...this.#ends)
  }

  /** The first time at which a job of that length can begin: now, if that is the time given to the constructor. */
  earliest(item: Item, length: number): number {
    if (!this.#holds) return this.soonest
    if (this.#holds.length > MOST_HOLDS * this.host.spec.slots) {
      return this.#holds.reduce((last, hold) => Math.max(last, hold.until), this.#now)
    }
    const need = { cores: this.share, ...needsOf(item) }
    // Not before a slot is free: what takes no time would fit between any two moments.
    const later = this.#holds.map(hold => hold.until).filter(until => until > this.soonest)
    const times = [this.soonest, ...later.sort((a, b) => a - b)]
    return times.find(time => this.#fits(time, time + length, need)) ?? Infinity
  }

  /** Takes a slot, and what the task needs, for a stretch that begins at what `earliest` said. */
  take(item: Item, from: number, until: number, cores = this.share): void {
    if (from === this.#now) this.free--
    if (this.#holds) {
      this.#holds.push({ from, until, cores, ...needsOf(item) })
    } else {
      this.#ends[this.#ends.indexOf(this.soonest)] = until
      this.soonest = Math.min(...this.#ends)
    }
  }

  /** Whether something else than slots can be short. */
  get isTight(): boolean {
    return this.#holds !== null
  }

  /** Cores that nobody has now. */
  get freeCores(): number {
    const taken = this.host.jobs.reduce((sum, job) => sum + job.cores, 0)
    return this.host.spec.cores - taken
  }

  #fits(from: number, until: number, need: Omit<Hold, 'from' | 'until'>): boolean {
    const holds = (this.#holds ?? []).filter(hold => hold.from < until && hold.until > from)
    const { slots, cores, memory, disk } = this.host.spec
    const moments = [from, ...holds.map(hold => hold.from).filter(start => start > from)]
    return moments.every(moment => {
      let jobs = 1
      const sum = { ...need }
      for (const hold of holds) {
        if (hold.from > moment || hold.until <= moment) continue
        jobs++
        sum.cores += hold.cores
        sum.memory += hold.memory
        sum.disk += hold.disk
      }
      return jobs <= slots && sum.cores <= Math.max(cores, jobs) && sum.memory <= memory && sum.disk <= disk
    })
  }
}

function needsOf({ node }: Item): { memory: number; disk: number } {
  return { memory: node.task.memory, disk: node.task.disk }
}

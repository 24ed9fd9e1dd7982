/**
 * The lanes of all hosts, in an order in which the best one for a task is found without looking at every host: for each
 * task that waits this is done anew, and on a large farm hundreds wait.
 */
import { admits } from './model.ts'
import { Lane } from './outlook.ts'
import type { Policy } from './policy.ts'
import { lengthOn, type Item, type ScheduleState } from './state.ts'

/** For so many tasks all lanes are looked through: to put them in order takes about as long as that. */
const FEW = 8

/** A task on a lane. */
export interface Choice {
  lane: Lane
  start: number
  finish: number
}

/** Where a task would be finished first; and where, if it began now. Null: nowhere. */
export interface Best {
  best: Choice | null
  bestNow: Choice | null
}

/** The lanes of hosts of one kind: first those that are free first, of them the fastest. */
interface Group {
  lanes: Lane[]
  /** No lane of it is faster than this one. */
  fastest: Lane
}

export class Lanes {
  readonly all: readonly Lane[]
  readonly #now: number
  #groups: Group[] = []
  readonly #groupOf = new Map<Lane, Group>()
  #asked = 0

  /** Those of the hosts that take builds and that the policy uses. */
  constructor(state: ScheduleState, now: number, policy: Policy) {
    const taking = state.hosts.filter(({ up, spec }) => up && policy.hosts?.has(spec.name) !== false)
    this.#now = now
    this.all = taking.map(host => new Lane(state, host, now))
  }

  best(item: Item): Best {
    if (this.#asked < FEW) {
      this.#asked++
      if (this.#asked === FEW) this.#makeGroups()
      return this.#bestOfAll(item)
    }
    return this.#bestOfGroups(item)
  }

  #makeGroups(): void {
    const groups = new Map<string, Group>()
    for (const lane of this.all) {
      const { kind, speed } = lane.host
      const group = groups.get(kind) ?? { lanes: [], fastest: lane }
      if (group.lanes.push(lane) === 1) groups.set(kind, group)
      if (speed > group.fastest.host.speed) group.fastest = lane
      this.#groupOf.set(lane, group)
    }
    this.#groups = [...groups.values()]
    for (const { lanes } of this.#groups) lanes.sort(compare)
  }

  #bestOfAll(item: Item): Best {
    const found: Best = { best: null, bestNow: null }
    for (const lane of this.all) {
      if (!mayTake(lane, item)) continue
      const length = lengthOn(item, lane.host)
      if (this.#canBeBetter(found, lane.soonest, length))
        this.#consider(found, lane, lane.earliest(item, length), length)
    }
    return found
  }

  #bestOfGroups(item: Item): Best {
    const found: Best = { best: null, bestNow: null }
    for (const { lanes, fastest } of this.#groups) {
      const shortest = lengthOn(item, fastest.host)
      // What begins later and is slower than another of its group is finished later.
      let outdone = 0
      for (const lane of lanes) {
        const { soonest, host } = lane
        if (host.speed <= outdone) continue
        if (!this.#canBeBetter(found, soonest, shortest)) break
        if (!mayTake(lane, item)) continue
        const length = lengthOn(item, host)
        const start = lane.earliest(item, length)
        if (start === soonest) outdone = host.speed
        this.#consider(found, lane, start, length)
      }
    }
    return found
  }

  /** Whether a job that begins no sooner, and takes no less, might be better than what was found. */
  #canBeBetter({ best, bestNow }: Best, soonest: number, shortest: number): boolean {
    const least = soonest + shortest
    return !best || least <= best.finish || (soonest === this.#now && (!bestNow || least <= bestNow.finish))
  }

  #consider(found: Best, lane: Lane, start: number, length: number): void {
    const finish = start + length
    if (start === this.#now && isBetter(lane, start, finish, found.bestNow)) found.bestNow = { lane, start, finish }
    if (isBetter(lane, start, finish, found.best)) found.best = { lane, start, finish }
  }

  /** The best of the hosts that the task prefers, if one of them could start it now. */
  preferred(item: Item): Choice | null {
    let preferred: Choice | null = null
    for (const lane of this.all) {
      if (!item.node.task.prefer.has(lane.host.spec.name) || !mayTake(lane, item)) continue
      const length = lengthOn(item, lane.host)
      if (lane.earliest(item, length) !== this.#now) continue
      const finish = this.#now + length
      if (isBetter(lane, this.#now, finish, preferred)) preferred = { lane, start: this.#now, finish }
    }
    return preferred
  }

  take({ lane, start, finish }: Choice, item: Item): void {
    lane.take(item, start, finish)
    const lanes = this.#groupOf.get(lane)?.lanes
    if (!lanes) return
    // It can only have moved backwards.
    let place = lanes.indexOf(lane)
    for (; place + 1 < lanes.length; place++) {
      const next = lanes[place + 1]
      if (!next || compare(lane, next) <= 0) break
      lanes[place] = next
    }
    lanes[place] = lane
  }
}

function compare(a: Lane, b: Lane): number {
  return a.soonest - b.soonest || b.host.speed - a.host.speed || a.host.index - b.host.index
}

/** Finished earlier, or begun earlier, or, so that the same is decided every time, on the host that was there first. */
function isBetter(lane: Lane, start: number, finish: number, than: Choice | null): boolean {
  if (!than || finish !== than.finish) return !than || finish < than.finish
  return start === than.start ? lane.host.index < than.lane.host.index : start < than.start
}

function mayTake({ host }: Lane, { refusedBy, node }: Item): boolean {
  return !(refusedBy.size > 0 && refusedBy.has(host.spec.name)) && admits(host.spec, node.task)
}

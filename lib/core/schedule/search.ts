/**
 * Looking ahead: which way to place tasks ends first, if everything takes as long as is expected now. No single rule is
 * best for all graphs and hosts, and each is cheap to try: so several are tried, among them the best host alone, and the
 * best is varied for as long as the budget lasts.
 */
import { lowerBound } from './bound.ts'
import { forecast, type Forecast } from './forecast.ts'
import { upwardRanks } from './graph.ts'
import { EARLIEST_FINISH, type Policy } from './policy.ts'
import { random } from './random.ts'
import type { Host, ScheduleState } from './state.ts'

export interface Plan {
  policy: Policy
  /** Priorities by index; null: upward ranks. */
  priorities: Float64Array | null
  /** What is expected of it; null where nothing was tried, as there was no budget for it. */
  forecast: Forecast | null
}

/** A plan this close to the lower bound, as a part of it, is good enough: to gain less, others are tried that are right only if all estimates are. */
const CLOSE = 0.003
/** The same where estimates have proved wrong: then the last percent is luck. */
const CLOSE_ENOUGH = 0.03
/** By how much, as a part, another rule must be better then to be preferred. */
const CLEARLY = 0.01
/** With a budget for fewer, nothing is tried: too few to be worth anything, on a graph where each takes long. */
const LEAST_TRIALS = 8
/** How much longer a placement takes where memory or disk are looked at. */
const TIGHT_COST = 4
/** Earliest finish time by upward rank. */
const STANDARD: Plan = { policy: EARLIEST_FINISH, priorities: null, forecast: null }
/** Estimates count as right below this deviation of the logarithm of actual over expected. */
const RIGHT = 0.05
/** How many ways in which things may go otherwise are looked at. */
const SCENARIOS = 4
/** Deadlines that are tried, as multiples of the lower bound. */
const DEADLINES = [1, 1.03, 1.1, 1.2]
/** How often priorities are made from the lengths that tasks came to have. */
const FEEDBACKS = 6

/**
 * @param budget how many placements may be tried in all; a forecast costs one for each task that is left
 * @param known the plan so far, which is varied as well
 */
export function search(state: ScheduleState, now: number, budget: number, known: Plan | null): Plan {
  const samples = scenarios(state)
  const isSure = samples.length === 1
  const isTight = state.hosts.some(({ spec }) => spec.memory < Infinity || spec.disk < Infinity)
  const cost = Math.max(1, state.open) * samples.length * (isTight ? TIGHT_COST : 1)
  let trials = Math.floor(budget / cost)
  if (trials < LEAST_TRIALS) return known ? { ...known, forecast: null } : STANDARD
  const bound = lowerBound(state, now).seconds
  const close = now + bound * (1 + (isSure ? CLOSE : CLOSE_ENOUGH))
  let best: Plan = STANDARD
  let finish = Infinity
  const tried = (policy: Policy, priorities: Float64Array | null): Forecast | null => {
    if (trials-- <= 0 || finish <= close) return null
    let sum = 0
    let seen: Forecast | null = null
    for (const factors of samples) {
      const fork = state.fork()
      fork.setPriorities(priorities)
      seen = forecast(fork, now, policy, finish * samples.length - sum, factors)
      sum += seen.finish
    }
    const mean = sum / samples.length
    if (mean < finish && (isSure || finish === Infinity || mean - now < (finish - now) * (1 - CLEARLY))) {
      finish = mean
      best = { policy, priorities, forecast: isSure ? seen : null }
    }
    return seen
  }
  tried(EARLIEST_FINISH, null)
  if (known) tried(known.policy, known.priorities)
  const policies = rules(state, now, bound)
  for (const policy of policies) tried(policy, null)
  if (!isSure) return best
  feedback(state, best, tried)
  vary(state, policies, () => best, tried)
  return best
}

/**
 * For each forecast of a trial, by how much each task takes longer than expected: nothing, while estimates have proved
 * right; otherwise as much, at random, as they have proved wrong. A plan that is good only if all goes as planned is not.
 */
function scenarios(state: ScheduleState): (Float64Array | null)[] {
  const { wrong, jobs } = state.surprise
  const deviation = Math.sqrt(wrong / Math.max(1, jobs))
  if (deviation < RIGHT) return [null]
  const dice = random(2)
  // The sum of three uniform numbers, with a deviation of 1/2, is near enough to a normal one.
  const normal = (): number => 2 * (dice() + dice() + dice() - 1.5)
  return Array.from({ length: SCENARIOS }, () => Float64Array.from(state.items, () => Math.exp(deviation * normal())))
}

function rules(state: ScheduleState, now: number, bound: number): Policy[] {
  const alone = bestHost(state.hosts.filter(host => host.up))
  return [
    ...(alone ? [{ ...EARLIEST_FINISH, name: 'one host alone', hosts: new Set([alone.spec.name]) }] : []),
    ...DEADLINES.map(factor => ({ ...EARLIEST_FINISH, name: 'in time', deadline: now + bound * factor })),
    { ...EARLIEST_FINISH, name: 'never waiting', waits: false },
  ]
}

/** The host that does most in a given time. */
function bestHost(hosts: readonly Host[]): Host | undefined {
  const power = (host: Host): number => host.speed * host.spec.slots
  return hosts.reduce<Host | undefined>((best, host) => (!best || power(host) > power(best) ? host : best), undefined)
}

type Trial = (policy: Policy, priorities: Float64Array | null) => Forecast | null

/** Ranks by the lengths that tasks have where they were placed: what got a slow host is the more urgent. */
function feedback(state: ScheduleState, from: Plan, tried: Trial): void {
  const fastest = state.hosts.reduce((most, host) => Math.max(most, host.up ? host.speed : 0), 0)
  const weights = Float64Array.from(state.items, item => item.node.task.install + item.seconds)
  let seen = from.forecast
  for (let round = 0; round < FEEDBACKS && seen; round++) {
    for (let index = 0; index < weights.length; index++) {
      const length = ((seen.ends[index] ?? NaN) - (seen.starts[index] ?? NaN)) * fastest
      if (!Number.isNaN(length)) weights[index] = ((weights[index] ?? 0) + length) / 2
    }
    seen = tried(
      from.policy,
      upwardRanks(state.graph, node => weights[node.index] ?? 0),
    )
  }
}

/** Changes the priorities of the best plan at random, and goes on from what is not worse. */
function vary(state: ScheduleState, policies: readonly Policy[], best: () => Plan, tried: Trial): void {
  const dice = random(1)
  for (;;) {
    const { policy: before, priorities } = best()
    const policy = dice() < 0.3 ? (policies[Math.floor(dice() * policies.length)] ?? before) : before
    const part = [0.03, 0.1, 0.3][Math.floor(dice() * 3)] ?? 0.1
    const strength = [0.1, 0.3, 1][Math.floor(dice() * 3)] ?? 0.3
    const changed = Float64Array.from(state.items, item => {
      const priority = priorities?.[item.node.index] ?? item.rank
      return dice() < part ? priority * Math.exp(strength * (2 * dice() - 1)) : priority
    })
    if (!tried(policy, changed)) return
  }
}

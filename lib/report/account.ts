/** Where the time of a run went, folded from its events. All figures in seconds. */
import type { FarmEvent } from '../core/event.ts'
import { duration } from '../core/units.ts'
import { shortName } from './names.ts'

/** Why time passed on the chain of packages that decided when the run ended. */
export const CAUSES = {
  building: 'building',
  hosts: 'until a host could build',
  waiting: 'waiting for a host',
  preparing: 'sending and installing what builds need',
  returning: 'bringing packages back and comparing them',
  retry: 'attempts that failed or were overtaken',
} as const

export type Cause = keyof typeof CAUSES

export interface Account {
  /** From the run's beginning until its last package was committed. */
  achieved: number
  /** What these builds would have taken at best: their longest chain, or all of them over all slots. */
  ideal: number
  limit: 'path' | 'hosts'
  /** The packages that decided it: each could begin when the one before it was committed. */
  chain: string[]
  /** What happened on that chain; together it is `achieved`. */
  spent: Record<Cause, number>
}

interface Build {
  needs: readonly string[]
  ready: number
  /** The first job's beginning, and that of the one that was committed. */
  first: number
  started: number
  began: number
  ended: number
  /** By the host's own clock; 0: no host built it. */
  seconds: number
  committed: number
}

/** null: no host built anything. */
export function accountOf(events: readonly FarmEvent[]): Account | null {
  const [begin] = events
  if (!begin) return null
  const fold = new Fold(begin.at / 1000)
  for (const event of events) fold.apply(event)
  return fold.account()
}

class Fold {
  readonly #begin: number
  readonly #builds = new Map<string, Build>()
  /** Jobs that run, by package and host. */
  readonly #jobs = new Map<string, { started: number; began: number }>()
  #slots = 0
  #firstHost = Infinity

  constructor(begin: number) {
    this.#begin = begin
  }

  apply(event: FarmEvent): void {
    const at = event.at / 1000
    // A log that is not whole may have lost where it was planned.
    if ('package' in event && event.type !== 'planned' && !this.#builds.has(event.package)) return
    switch (event.type) {
      case 'planned': {
        if (this.#builds.has(event.package)) return
        // In merge list order: what it needs was planned before. So no chain comes back to where it was.
        const needs = event.needs.filter(need => this.#builds.has(need))
        this.#builds.set(event.package, { needs, ready: this.#begin, ...NEVER })
        return
      }
      case 'host-ready':
        this.#slots += event.jobs
        this.#firstHost = Math.min(this.#firstHost, at)
        return
      case 'package-ready':
        this.#of(event.package).ready = at
        return
      case 'job-started': {
        const build = this.#of(event.package)
        if (Number.isNaN(build.first)) build.first = at
        this.#jobs.set(`${event.package} ${event.host}`, { started: at, began: at })
        return
      }
      case 'build-started': {
        const job = this.#jobs.get(`${event.package} ${event.host}`)
        if (job) job.began = at
        return
      }
      case 'built': {
        const job = this.#jobs.get(`${event.package} ${event.host}`)
        // Of two hosts, the one that is committed tells last.
        if (job) Object.assign(this.#of(event.package), job, { ended: at, seconds: event.seconds })
        return
      }
      case 'sent-home':
        Object.assign(this.#of(event.package), { started: at, began: at, seconds: 0 })
        return
      case 'committed': {
        const build = this.#of(event.package)
        build.committed = at
        if (build.seconds === 0) build.ended = at
        return
      }
      default:
    }
  }

  account(): Account | null {
    const built = [...this.#builds].filter(([, each]) => each.seconds > 0 && !Number.isNaN(each.committed))
    let last: [string, Build] | undefined
    for (const each of built) if (!last || each[1].committed > last[1].committed) last = each
    if (!last || this.#slots === 0) return null
    const chain: string[] = []
    const spent: Record<Cause, number> = { building: 0, hosts: 0, waiting: 0, preparing: 0, returning: 0, retry: 0 }
    for (let link: [string, Build] | undefined = last; link; link = this.#before(link[1])) {
      chain.unshift(link[0])
      this.#spend(link[1], spent)
    }
    const path = this.#longest(built)
    const work = built.reduce((sum, [, { seconds }]) => sum + seconds, 0) / this.#slots
    return {
      achieved: last[1].committed - this.#begin,
      ideal: Math.max(path, work),
      limit: path >= work ? 'path' : 'hosts',
      chain,
      spent,
    }
  }

  #of(id: string): Build {
    const found = this.#builds.get(id)
    if (!found) throw new Error(`${id} was not planned`)
    return found
  }

  /** What it waited for: the last of its needs to be committed. */
  #before({ needs }: Build): [string, Build] | undefined {
    let last: [string, Build] | undefined
    for (const need of needs) {
      const build = this.#of(need)
      if (!Number.isNaN(build.committed) && (!last || build.committed > last[1].committed)) last = [need, build]
    }
    return last
  }

  #spend({ ready, first, started, began, ended, seconds, committed }: Build, spent: Record<Cause, number>): void {
    // Here all the time: nobody knows more.
    if (Number.isNaN(first)) {
      spent.building += Math.max(0, committed - ready)
      return
    }
    const hosts = Math.min(Math.max(0, this.#firstHost - ready), first - ready)
    spent.hosts += hosts
    spent.waiting += first - ready - hosts
    spent.retry += started - first
    const building = seconds === 0 ? ended - began : Math.min(seconds, ended - began)
    spent.building += building
    spent.preparing += began - started
    spent.returning += ended - began - building + (committed - ended)
  }

  /** The longest chain of builds. Needs come before what needs them in the merge list. */
  #longest(built: readonly [string, Build][]): number {
    const ends = new Map<string, number>()
    let longest = 0
    for (const [id, { needs, seconds }] of built) {
      const end = seconds + needs.reduce((most, need) => Math.max(most, ends.get(need) ?? 0), 0)
      ends.set(id, end)
      longest = Math.max(longest, end)
    }
    return longest
  }
}

const NEVER = { first: NaN, started: NaN, began: NaN, ended: NaN, seconds: 0, committed: NaN }

/** How many packages of the chain are named. */
const NAMED = 8
/** Below so many seconds a cause is not worth a word. */
const LEAST = 0.5

/** `wrongEstimates`: seconds that right estimates would have saved. */
export function accountLines({ achieved, ideal, limit, chain, spent }: Account, wrongEstimates: number): string[] {
  const causes = (Object.keys(CAUSES) as Cause[])
    .filter(cause => spent[cause] >= LEAST)
    .map(cause => `${duration(spent[cause])} ${CAUSES[cause]}`)
  const names = chain.map(shortName)
  const shown = names.length > NAMED ? ['…', ...names.slice(-NAMED)] : names
  const best = limit === 'path' ? 'their longest chain' : 'all of them over all slots'
  return [
    `hosts were done in ${duration(achieved)}; these builds take ${duration(ideal)} at best (${best})`,
    `  what decided it: ${shown.join(', ')}: ${causes.join(', ')}`,
    ...(wrongEstimates >= Math.max(1, achieved * 0.01)
      ? [`  with right estimates it would have been about ${duration(wrongEstimates)} less`]
      : []),
  ]
}

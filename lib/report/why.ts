/** Why a package went where it went, folded from a run's events. */
import type { FarmEvent } from '../core/event.ts'
import { bytes, duration } from '../core/units.ts'

/** A version as PMS 3.2 has it, at the end of a name. */
const VERSION = /-\d+(?:\.\d+)*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?$/

/** The ids of a run's packages, in merge list order. */
export function packagesOf(events: readonly FarmEvent[]): string[] {
  return events.flatMap(event => (event.type === 'planned' ? [event.package] : []))
}

/**
 * The ids that a person's words name: `jq`, `jq-1.7`, `app-misc/jq`, `app-misc/jq-1.7`, `=app-misc/jq-1.7::gentoo`.
 * In merge list order.
 */
export function findPackages(events: readonly FarmEvent[], words: string): string[] {
  const wanted = words.replace(/^[<>=~]+/, '')
  return packagesOf(events).filter(id => namesOf(id).includes(wanted))
}

function namesOf(id: string): string[] {
  const cpv = id.replace(/::.*$/, '')
  const cp = cpv.replace(VERSION, '')
  const short = (name: string): string => name.slice(name.indexOf('/') + 1)
  return [id, id.replace(/ .*$/, ''), cpv, cp, short(cpv), short(cp)]
}

/** What happened to the package and for which reason, in lines for a person. Times are since the run began. */
export function whyLines(events: readonly FarmEvent[], id: string): string[] {
  const fold = new Story(id, events[0]?.at ?? 0)
  for (const event of events) fold.apply(event)
  return [id, ...fold.lines]
}

class Story {
  readonly lines: string[] = []
  readonly #id: string
  readonly #began: number
  readonly #hostReady = new Map<string, number>()
  #needs: readonly string[] = []
  /** The last of what it needs that was committed, or that something else took the place of. */
  #lastNeed: string | null = null
  /** Since when it waits for a host. */
  #waits = 0

  constructor(id: string, began: number) {
    this.#id = id
    this.#began = began
  }

  apply(event: FarmEvent): void {
    if (event.type === 'host-ready') this.#hostReady.set(event.host, event.at)
    if (!('package' in event)) return
    if (event.package !== this.#id) {
      const settled = event.type === 'committed' || event.type === 'failed' || event.type === 'withdrawn'
      if (settled && this.#needs.includes(event.package)) this.#lastNeed = `${event.package} was ${event.type}`
      return
    }
    const text = this.#tell(event)
    if (text !== null) this.lines.push(`  ${`+${duration((event.at - this.#began) / 1000)}`.padEnd(8)} ${text}`)
  }

  #tell(event: Extract<FarmEvent, { package: string }>): string | null {
    switch (event.type) {
      case 'planned':
        this.#needs = event.needs
        return planned(event)
      case 'package-ready':
        this.#waits = event.at
        return `ready: ${this.#lastNeed === null ? 'it needs nothing that is not here' : `then ${this.#lastNeed}`}`
      case 'job-started':
        return `to ${event.host}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}${this.#reasons(event)}`
      case 'root-chosen':
        return event.installs.length === 0 ? null : `installs there what it needs: ${event.installs.join(', ')}`
      case 'build-started':
        return 'its build began'
      case 'built':
        return `built in ${duration(event.seconds)}, ${bytes(event.bytes)}`
      case 'attempt-failed':
        this.#waits = event.at
        return `failed on ${event.host} (${BLAME[event.fault]}): ${event.reason}${logOf(event)}`
      case 'job-cancelled':
        return `ended on ${event.host}: it was not needed any more from there`
      case 'committed':
        return COMMITTED.get(event.host) ?? 'as planned: others may build with it'
      case 'sent-home':
        return `stays here: ${event.reason}`
      case 'home-started':
        return 'its build here began'
      case 'installed':
        return 'installed'
      case 'install-failed':
        return 'could not be installed'
      case 'failed':
        return `given up: ${event.reason}${logOf(event)}`
      case 'withdrawn':
        return `not built in this run${event.by === null ? ', which was stopped' : `, since ${event.by} failed`}`
      case 'phase':
        return null
      default:
        return event satisfies never
    }
  }

  /** How long it waited, what for, and what spoke for the host. */
  #reasons({ at, host, why = [] }: FarmEvent & { type: 'job-started' }): string {
    const reasons = [...why]
    const waited = duration((at - this.#waits) / 1000)
    const ready = this.#hostReady.get(host) ?? 0
    if (ready > this.#waits) reasons.unshift(`it waited ${waited}, also until ${host} could build`)
    else if (waited !== '0s') reasons.unshift(`it waited ${waited} for ${host}`)
    return reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
  }
}

const BLAME = {
  package: 'the package’s own failure',
  client: 'this system’s failure',
  host: 'the host’s failure',
  mismatch: 'not what was planned',
  fetch: 'its sources',
  unfit: 'no binary package can hold it',
} as const

const COMMITTED = new Map([
  ['home', 'built here: hosts may build with it'],
  ['here', 'its binary package was here already'],
])

function planned({ needs, where }: FarmEvent & { type: 'planned' }): string {
  const count = needs.length === 1 ? '1 package' : `${needs.length} packages`
  const waits = needs.length === 0 ? '' : `; its build needs ${count} of this merge list`
  return { farm: `for the farm${waits}`, home: `to be built here${waits}`, ready: 'a binary package' }[where]
}

function logOf({ log }: { log: string | null }): string {
  return log === null ? '' : ` (${log})`
}

/** Which hosts fail what others build: a fold over a run's events. */
import type { FarmEvent } from '../event.ts'

/** After so many failures in a row a host gets no more builds for a while. */
const MOST_FAILURES = 3

interface Failure {
  package: string
  reason: string
}

export class Trust {
  /** By host: its failures since it last built something well. */
  readonly #failures = new Map<string, Failure[]>()
  /** By package: the hosts that failed it, where it may still be the package's fault. */
  readonly #doubtful = new Map<string, Map<string, string>>()

  /** Returns why a host is not to be trusted any more, if this event says so. */
  apply(event: FarmEvent): { host: string; reason: string }[] {
    switch (event.type) {
      case 'attempt-failed': {
        const { package: id, host, fault, reason } = event
        if (fault === 'host') return this.#fail(host, { package: id, reason })
        if (fault === 'client' || fault === 'unfit') return []
        const doubtful = this.#doubtful.get(id) ?? new Map<string, string>()
        this.#doubtful.set(id, doubtful.set(host, reason))
        return []
      }
      case 'committed':
        this.#failures.delete(event.host)
        return this.#succeeded(event.package)
      // Built here and for nobody else, it is never committed.
      case 'installed':
        return this.#succeeded(event.package)
      case 'host-ready':
        this.#failures.delete(event.host)
        return []
      default:
        return []
    }
  }

  /** It could be built: those that failed it had no reason to. */
  #succeeded(id: string): { host: string; reason: string }[] {
    const failed = this.#doubtful.get(id) ?? []
    this.#doubtful.delete(id)
    return [...failed].flatMap(([host, reason]) => this.#fail(host, { package: id, reason }))
  }

  #fail(host: string, failure: Failure): { host: string; reason: string }[] {
    const failures = [...(this.#failures.get(host) ?? []), failure]
    this.#failures.set(host, failures)
    if (failures.length < MOST_FAILURES) return []
    this.#failures.delete(host)
    const names = failures.map(each => each.package).join(', ')
    return [
      { host, reason: `it failed ${failures.length} builds in a row (${names}), the last one: ${failure.reason}` },
    ]
  }
}

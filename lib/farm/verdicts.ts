/** What becomes of packages that no host builds: they are built here, or not in this run. */
import type { Happening } from '../core/event.ts'
import type { FarmMessage } from '../core/message.ts'
import type { Plan, PlannedPackage } from '../core/plan.ts'
import { afterFailure, isUnfit } from '../core/run/retry.ts'
import type { RunState } from '../core/run/run-state.ts'

export interface VerdictParts {
  plan: Plan
  state: RunState
  keepGoing: boolean
  /** Whether there is an emerge to build what no host can. */
  hasEmerge: boolean
  /** To emerge. */
  send: (message: FarmMessage) => void
  emit: (happening: Happening) => void
}

export class Verdicts {
  readonly #plan: Plan
  readonly #state: RunState
  readonly #keepGoing: boolean
  readonly #hasEmerge: boolean
  readonly #send: (message: FarmMessage) => void
  readonly #emit: (happening: Happening) => void
  /** Nothing is begun any more. */
  isStopping = false

  constructor({ plan, state, keepGoing, hasEmerge, send, emit }: VerdictParts) {
    this.#plan = plan
    this.#state = state
    this.#keepGoing = keepGoing
    this.#hasEmerge = hasEmerge
    this.#send = send
    this.#emit = emit
  }

  judge(each: PlannedPackage): void {
    const last = this.#state.attempts.get(each.id)?.at(-1)
    if (last && afterFailure(this.#state, each.id) === 'home') this.sendHome(each, last.reason)
  }

  #fail(id: string, reason: string): void {
    const log = this.#state.attempts.get(id)?.findLast(attempt => attempt.log !== null)?.log ?? null
    this.#emit({ type: 'failed', package: id, reason, log })
    this.#afterLoss(id)
  }

  /** Portage could not build or install it. */
  mergeFailed(id: string): void {
    if (this.#state.installed.get(id) === false) return
    this.#emit({ type: 'install-failed', package: id })
    const last = this.#state.attempts.get(id)?.at(-1)
    if (this.#state.of(id).state !== 'home') this.#afterLoss(id)
    else this.#fail(id, last ? `it failed here as it had on ${last.host} (${last.reason})` : 'it failed here')
  }

  /** A package will not be there: what needs it cannot be built; without --keep-going nothing else is begun. */
  #afterLoss(id: string): void {
    if (!this.#keepGoing) {
      this.stopStarting(id)
      return
    }
    for (const user of this.#state.dependents(id)) {
      if (!user.optional.has(id) && this.withdraw(user, id)) this.#afterLoss(user.id)
    }
  }

  stopStarting(by: string | null): void {
    this.isStopping = true
    for (const each of this.#plan.packages) this.withdraw(each, by)
  }

  /** Returns whether it was still undecided. */
  withdraw(each: PlannedPackage, by: string | null): boolean {
    if (!this.isOpen(each.id)) return false
    this.#emit({ type: 'withdrawn', package: each.id, by })
    this.#send({ type: 'withdraw', id: each.id })
    return true
  }

  /** Nothing was decided about the package, and no host is at work on it. */
  isOpen(id: string): boolean {
    const { state } = this.#state.of(id)
    return state === 'waiting' || state === 'ready'
  }

  sendHome(each: PlannedPackage, reason: string): void {
    if (!this.isOpen(each.id)) return
    if (!this.#hasEmerge) {
      this.#fail(each.id, `${reason}, and there is no emerge here to build it`)
      return
    }
    this.#emit({ type: 'sent-home', package: each.id, reason })
    const share = this.#state.isAwaited(each.id) && !this.noHostLeft() && !isUnfit(this.#state, each.id)
    this.#send({ type: 'home', id: each.id, reason, share })
  }

  /** No host can have the package, only this system: what needs it can be built here alone. */
  keepUsersHome(id: string): void {
    for (const user of this.#state.dependents(id)) {
      this.sendHome(user, `it needs ${id}, which is only here`)
    }
  }

  noHostLeft(): boolean {
    return [...this.#state.hosts.values()].every(host => host.state === 'lost')
  }
}

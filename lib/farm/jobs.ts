/** The builds that hosts are at work on, by package and host: two hosts may have the same package. */
import { messageOf } from '../core/error.ts'
import type { Happening } from '../core/event.ts'
import type { PlannedPackage } from '../core/plan.ts'
import type { BuildResult } from '../edge/host/job.ts'
import type { StoredPackage } from '../edge/store.ts'
import type { FarmHost } from './parts.ts'

export class Jobs {
  readonly #running = new Map<string, Map<string, AbortController>>()

  /** Resolves when the host is done with it, also if it could not be built; never rejects. */
  async run(
    target: PlannedPackage,
    host: FarmHost,
    cores: number,
    committed: ReadonlyMap<string, StoredPackage>,
    report: (happening: Happening) => void,
  ): Promise<BuildResult> {
    const jobs = this.#running.get(target.id) ?? new Map<string, AbortController>()
    const abort = new AbortController()
    this.#running.set(target.id, jobs.set(host.name, abort))
    // What failed, and was not needed for certain, cannot be installed.
    const steps = target.steps.filter(step => step.operation === 'uninstall' || committed.has(step.id))
    try {
      return await host.queue.add(async () => host.build({ ...target, steps }, committed, cores, report, abort.signal))
    } catch (error) {
      return { ok: false, fault: 'host', reason: messageOf(error), log: null, elog: '' }
    } finally {
      jobs.delete(host.name)
    }
  }

  /** Ends the builds of a package: on one host, or wherever there is one. */
  abort(id: string, host?: string): void {
    for (const [name, job] of this.#running.get(id) ?? []) if (host === undefined || name === host) job.abort()
  }

  abortAll(): void {
    for (const id of this.#running.keys()) this.abort(id)
  }
}

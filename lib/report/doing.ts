/** What the hosts are doing at the moment, folded from events. */
import type { FarmEvent } from '../core/event.ts'
import type { Doing } from './progress.ts'

export class DoingFold implements Doing {
  readonly jobs = new Map<string, { since: number; phase: string }>()
  readonly copies = new Map<string, { bytes: number; percent: number }>()

  apply(event: FarmEvent): void {
    if (event.type === 'job-started') this.jobs.set(event.package, { since: event.at, phase: '' })
    if (event.type === 'attempt-failed' || event.type === 'committed') this.jobs.delete(event.package)
    if (event.type === 'mirror-progress') this.copies.set(event.host, { bytes: event.bytes, percent: event.percent })
    const job = event.type === 'phase' ? this.jobs.get(event.package) : undefined
    if (job && event.type === 'phase') job.phase = event.phase
  }
}

/** What the tests of a store's protocol share: records that are complete, and where they are kept. */
import type { Fault } from '../../../lib/core/event.ts'
import { UNMEASURED } from '../../../lib/core/history/observation.ts'
import type { ReadRecord, Registers } from '../../../lib/core/store/ledger.ts'
import type { Claim, End, Place, Records } from '../../../lib/core/store/record.ts'

/** Keys, in the order in which one needs the other. */
export const KEYS = ['a', 'b'].map(each => each.repeat(32)) as [string, string]

export function claimOf(worker: string): Claim {
  const claim = { worker, package: 'a', plan: 'p', cores: 1, lease: 60 }
  return claim
}

/** `log` tells whose the end is. */
export function built(worker: string): End & { outcome: 'built' } {
  const file = { file: `${worker}.gpkg.tar`, place: 'app-toy/a/a-1-1.gpkg.tar', size: 1, sha256: '', seconds: 1 }
  return { outcome: 'built', ...file, configured: null, usage: UNMEASURED, log: worker, elog: '' }
}

export function failed(worker: string, fault: Fault = 'package'): End & { outcome: 'failed' } {
  return { outcome: 'failed', fault, reason: `${fault} at ${worker}`, log: worker, elog: '' }
}

/** Believes what it reads. */
export const readRecord: ReadRecord = <P extends Place>(_place: P, text: string) => JSON.parse(text) as Records[P]

/** Records in memory, where each step is one. */
export class MemoryRegisters implements Registers {
  readonly records = new Map<string, string>()
  readonly reads: string[] = []

  list(): Promise<string[]> {
    return Promise.resolve([...this.records.keys()])
  }

  read(name: string): Promise<string> {
    this.reads.push(name)
    const text = this.records.get(name)
    return text === undefined ? Promise.reject(new Error(`${name} is not there`)) : Promise.resolve(text)
  }

  write(name: string, text: string): Promise<boolean> {
    if (this.records.has(name)) return Promise.resolve(false)
    this.records.set(name, text)
    return Promise.resolve(true)
  }
}

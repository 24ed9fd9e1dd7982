/** A store in memory, and workers that a test steps. */
import { type Registers, Ledger } from '../../../lib/core/store/ledger.ts'
import type { Built } from '../../../lib/core/store/record.ts'
import type { PlanRequest } from '../../../lib/core/request.ts'
import { UNMEASURED } from '../../../lib/core/history/observation.ts'
import { NO_POLICY } from '../../../lib/core/policy.ts'
import type { PublishedPlan } from '../../../lib/edge/shared/plans.ts'
import { readRecord } from '../../../lib/edge/shared/records.ts'
import { PlanView } from '../../../lib/farm/store/view.ts'

/** Records by their names: the first counts. */
export class Memory implements Registers {
  readonly records = new Map<string, string>()

  async list(): Promise<string[]> {
    return Promise.resolve([...this.records.keys()])
  }

  async read(name: string): Promise<string> {
    return Promise.resolve(this.records.get(name) ?? '')
  }

  async write(name: string, text: string): Promise<boolean> {
    if (this.records.has(name)) return Promise.resolve(false)
    this.records.set(name, text)
    return Promise.resolve(true)
  }
}

export const keyOf = (name: string): string => name.repeat(32).slice(0, 32)

/** A plan whose packages have names that are hexadecimal digits: those are their keys. */
export function published(request: PlanRequest): PublishedPlan {
  return {
    ...{ run: 'r1', version: '0', client: 'c', hostname: 'client', machine: 'x86_64', root: 'root-1', request },
    policy: NO_POLICY,
    keys: Object.fromEntries(request.packages.map(each => [each.id, keyOf(each.id)])),
    needs: {
      client: { machine: 'x86_64', cpu: { flags: [], same: null }, root: null },
      cpu: { flags: [], same: null },
    },
    trial: { trial: { python: 'python3', flags: [], chost: '', pkgdir: '/p', tmpdir: '/t' }, native: [], name: '' },
    observations: [],
    stuckAfter: 0,
  }
}

export function built(name: string, seconds = 1): Built {
  const file = { file: `${name}.gpkg.tar`, place: `app-toy/${name}.gpkg.tar`, size: 1, sha256: '0'.repeat(64) }
  return { outcome: 'built', ...file, seconds, configured: null, usage: UNMEASURED, log: null, elog: '' }
}

/** A worker that sees a store: what it begins is claimed, and ends when the test says so. */
export class SteppedWorker {
  readonly name: string
  readonly ledger: Ledger
  readonly view: PlanView
  /** What it is at, with the attempt. */
  readonly at = new Map<string, number>()
  readonly #slots: number

  constructor(name: string, memory: Memory, plan: PublishedPlan, slots = 1) {
    this.name = name
    this.#slots = slots
    this.ledger = new Ledger(memory, readRecord)
    this.view = new PlanView(plan, name, this.ledger, file => `/results/${file}`)
  }

  /** It is up, as others see it too. */
  join(...workers: string[]): void {
    for (const host of workers) {
      this.view.apply({ type: 'host-connecting', host })
      this.view.apply({ type: 'host-joined', host, hostname: host, cores: 1, memory: 1e9 })
      this.view.apply({ type: 'host-ready', host, jobs: this.#slots })
    }
  }

  async see(): Promise<void> {
    this.view.see(await this.ledger.look(() => true))
  }

  /** Takes what falls to it. Returns what it began. */
  async begin(): Promise<string[]> {
    await this.see()
    const begun: string[] = []
    for (const { package: id, cores } of this.view.starts()) {
      if (this.at.size === this.#slots || this.at.has(id)) continue
      const claim = { worker: this.name, package: id, plan: 'r1', cores, lease: 30 }
      const attempt = await this.ledger.claim(keyOf(id), claim)
      if (attempt === null) continue
      this.view.claimed(id, attempt, cores)
      this.at.set(id, attempt)
      begun.push(id)
    }
    return begun
  }

  /** It has built a package. Returns whether that counts. */
  async finish(id: string): Promise<boolean> {
    const attempt = this.at.get(id)
    if (attempt === undefined) throw new Error(`${this.name} is not at ${id}`)
    this.at.delete(id)
    return this.ledger.end(keyOf(id), attempt, built(id))
  }

  /** Its build of a package failed. */
  async fail(id: string, fault: 'package' | 'host' = 'package'): Promise<void> {
    const attempt = this.at.get(id) ?? 0
    this.at.delete(id)
    await this.ledger.end(keyOf(id), attempt, { outcome: 'failed', fault, reason: 'it broke', log: null, elog: '' })
  }
}

/** The originator commits all that is built. */
export async function commitAll(memory: Memory): Promise<void> {
  for (const name of [...memory.records.keys()]) {
    const end = memory.records.get(name) ?? ''
    if (name.endsWith('.end') && end.includes('"built"')) {
      await memory.write(name.replace(/end$/, 'verdict'), JSON.stringify({ outcome: 'committed', by: 'r1' }))
    }
  }
}

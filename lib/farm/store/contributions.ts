/** What this system has, or built itself, and builds in the store wait for: given to them like any worker's result. */
import { basename } from 'node:path'
import { mayClaim } from '../../core/store/build.ts'
import type { Ledger } from '../../core/store/ledger.ts'
import { UNMEASURED } from '../../core/history/observation.ts'
import { copyWhole } from '../../edge/shared/files.ts'
import type { Layout } from '../../edge/shared/layout.ts'
import { digestOf } from '../../edge/store.ts'

export interface Contribution {
  /** The package, by its id in the plan. */
  package: string
  key: string
  /** Its file here, and its path within a PKGDIR. */
  path: string
  place: string
}

/** Seconds after which one who died while it gave something is taken for dead. */
const GIVING = 60

export class Contributions {
  readonly #layout: Layout
  readonly #ledger: Ledger
  readonly #run: string
  readonly #name: string
  readonly #waiting: Contribution[] = []

  /** `name`: what this system is called as a worker. */
  constructor(layout: Layout, ledger: Ledger, run: string, name: string) {
    this.#layout = layout
    this.#ledger = ledger
    this.#run = run
    this.#name = name
  }

  add(contribution: Contribution): void {
    this.#waiting.push(contribution)
  }

  /** Gives what can be given now. What a worker is at work on is waited for: the first of the two counts. */
  async give(): Promise<void> {
    for (const each of [...this.#waiting]) {
      if (await this.#isGiven(each)) this.#waiting.splice(this.#waiting.indexOf(each), 1)
    }
  }

  async #isGiven({ key, path, place, ...about }: Contribution): Promise<boolean> {
    const state = this.#ledger.state(key)
    if (state.state === 'committed') return true
    if (state.state !== 'failed' && state.state !== 'open') return false
    // What failed before, here as well if it took too long, does not matter any more.
    if (mayClaim(state, this.#name) === null) {
      await this.#ledger.clear(key, this.#name)
      return false
    }
    const attempt = await this.#ledger.claim(key, {
      ...about,
      worker: this.#name,
      plan: this.#run,
      cores: 0,
      lease: GIVING,
    })
    if (attempt === null) return false
    const file = `${key}.${attempt}.${this.#name}.${basename(place)}`
    await copyWhole(this.#layout, path, this.#layout.in('results', file))
    const result = { file, place, ...(await digestOf(path)), seconds: 0, configured: null, usage: UNMEASURED }
    await this.#ledger.end(key, attempt, { outcome: 'built', ...result, log: null, elog: '' })
    return this.#ledger.judge(key, attempt, { outcome: 'committed', by: this.#name })
  }
}

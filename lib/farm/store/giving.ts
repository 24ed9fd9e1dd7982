/**
 * What came of a worker's attempts, put into the store.
 *
 * A result lies on this machine until the store has it: a build of hours is not lost because the store was away when it ended.
 */
import { createHash, randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../core/error.ts'
import type { Ledger } from '../../core/store/ledger.ts'
import type { End } from '../../core/store/record.ts'
import type { BuildResult } from '../../edge/host/job.ts'
import { copyWhole } from '../../edge/shared/files.ts'
import type { Layout } from '../../edge/shared/layout.ts'

/** What became of an attempt, in the words of who held it. */
export const TAKEN = 'it was taken away from this worker meanwhile'
/** Milliseconds from one try to the next, while the store is away. */
const RETRY_EVERY = 1000
/** How often it is tried: for five minutes. What stands in the way for longer is no store that is away for a moment. */
const MOST_TRIES = 300

/** An attempt that this worker holds. */
export interface Holding {
  /** The package, by its id in the plan. */
  id: string
  key: string
  attempt: number
  /** The attempt is over: nobody wants it any more, or another has it. */
  signal: AbortSignal
}

export interface GivingParts {
  layout: Layout
  ledger: Ledger
  /** The worker's name, and the farm's directory on this machine. */
  worker: { name: string; dir: string }
  tell: (line: string) => void
  /** How often the store is tried, once a second. Default: 300. */
  mostTries?: number
}

export class Giving {
  readonly #parts: GivingParts
  /** Where results lie until the store has them: this worker's own, and no other's of this machine. */
  readonly #here: string

  constructor(parts: GivingParts) {
    const { layout, worker } = parts
    this.#parts = parts
    const store = createHash('sha256').update(layout.path).digest('hex').slice(0, 8)
    this.#here = join(worker.dir, 'results', `${worker.name}-${store}`)
  }

  /** A place for a result on its way. */
  incoming(name: string): string {
    return join(this.#here, name)
  }

  /** Removes what lies here: nobody is at work. */
  async clear(): Promise<void> {
    await rm(this.#here, { recursive: true, force: true })
  }

  /** Says what came of an attempt. What somebody else has decided meanwhile stays. */
  async give(holding: Holding, result: BuildResult): Promise<void> {
    if (result.ok) await this.#giveResult(holding, result)
    else await this.#sayFailed(holding, result)
  }

  async #sayFailed(holding: Holding, result: BuildResult & { ok: false }): Promise<void> {
    const { fault, reason, log, elog } = result
    // What was ended while it was built failed by that.
    const isEnded = holding.signal.aborted
    const end: End = isEnded
      ? { outcome: 'cancelled', reason: 'nobody wants it any more' }
      : { outcome: 'failed', fault, reason, log, elog }
    await this.#untilSaid(holding, end)
    this.#parts.tell(isEnded ? `ended ${holding.id}` : `${holding.id} failed: ${reason}`)
  }

  async #giveResult(holding: Holding, { arrived, log, elog }: BuildResult & { ok: true }): Promise<void> {
    const { layout, tell } = this.#parts
    const { id, key, attempt } = holding
    const { path, place, size, sha256, seconds, configured, usage } = arrived
    const file = `${key}.${attempt}.${randomBytes(4).toString('hex')}.${place.replaceAll('/', '%')}`
    const whole = layout.in('results', file)
    const end: End = { outcome: 'built', file, place, size, sha256, seconds, configured, usage, log, elog }
    const isTaken = await this.#untilSaid(holding, end, async () => copyWhole(layout, path, whole))
    await rm(path, { force: true })
    if (isTaken) {
      tell(`built ${id} in ${Math.round(seconds)} s`)
      return
    }
    await rm(whole, { force: true })
    tell(`${id} is refused: ${TAKEN}`)
  }

  /**
   * Tries again and again, until the store took it or the attempt is over. False: somebody else had ended it. Rejects with
   * what stands in the way, if it does for too long.
   */
  async #untilSaid({ id, key, attempt, signal }: Holding, end: End, before?: () => Promise<void>): Promise<boolean> {
    let trouble = ''
    for (let tries = 1; ; tries++) {
      const isLast = signal.aborted || tries === (this.#parts.mostTries ?? MOST_TRIES)
      try {
        await before?.()
        return await this.#parts.ledger.end(key, attempt, end)
      } catch (error) {
        if (isLast) throw error
        const words = messageOf(error)
        if (words !== trouble) {
          this.#parts.tell(`what came of ${id} cannot be put into the store: ${words}; trying again`)
        }
        trouble = words
      }
      await sleep(RETRY_EVERY)
    }
  }
}

/** Copies this system's root to where it is kept for builds, as of one moment. */
import type { Happening } from '../core/event.ts'
import { bytes as inBytes } from '../core/units.ts'
import { changedSince, moment, type Moment } from '../edge/client-changes.ts'
import { textOf } from '../edge/host/denials.ts'
import type { Transferred } from '../edge/host/rsync.ts'
import { isForEverybody } from '../edge/mirror/modes.ts'
import type { Planned, Shared } from './prepare.ts'

/** Progress of a copy is told at most this often, in milliseconds. */
const PROGRESS_EVERY = 1000
/** How often this system is copied, when it changes again and again while that is done. */
const MOST_COPIES = 4

/** Where the copy is kept. */
export interface Copy {
  copy(rules: string, onProgress: (bytes: number, percent: number) => void, signal: AbortSignal): Promise<Transferred>
  copyPaths(rules: string, paths: readonly string[], signal: AbortSignal): Promise<Transferred>
  /** Brings what stands apart, from a directory here. */
  copyApart(from: string, signal: AbortSignal): Promise<unknown>
  /** From now on it does not change any more. `forget`: files that may not stay there, a character for each byte. */
  finish(forget: readonly string[]): Promise<void>
}

export class Copying {
  readonly #host: string
  readonly #copy: Copy
  readonly #shared: Pick<Shared, 'rules' | 'checked' | 'extent' | 'apart'>
  readonly #say: (happening: Happening) => void
  readonly #signal: AbortSignal
  /** When the last copy of the root was begun; null: what came of it cannot be trusted. */
  #copied: Moment | null = null
  /** The rules that it went by. */
  #by: string | null = null
  /** What the last copy of the root was denied, a character for each byte. */
  #denied: string[] = []
  /** Files that the place has from when everybody might read them, as far as copies found any. */
  readonly #chmodded = new Set<string>()

  /** `host`: what events call the place. */
  constructor(
    host: string,
    copy: Copy,
    shared: Pick<Shared, 'rules' | 'checked' | 'extent' | 'apart'>,
    say: (happening: Happening) => void,
    signal: AbortSignal,
  ) {
    this.#host = host
    this.#copy = copy
    this.#shared = shared
    this.#say = say
    this.#signal = signal
  }

  async root(): Promise<void> {
    const began = moment()
    const { bytes, size, files, vanished, denied, chmodded } = await this.#bounded()
    this.#denied = denied
    for (const path of chmodded) if (!(await isForEverybody(`/${path}`))) this.#chmodded.add(`/${path}`)
    this.#copied = vanished ? null : began
    const seconds = (performance.now() - began.passed) / 1000
    this.#say({ type: 'mirror-finished', host: this.#host, bytes, size, files, seconds })
    await this.#shared.extent.keep({ bytes: size, files })
  }

  /** Copies as much as was found before. What is more than that has come since, and is looked at before it is sent. */
  async #bounded(): Promise<Transferred> {
    const { extent } = this.#shared
    let told = performance.now()
    let most = extent.mostFor(await extent.expected())
    for (let copies = 1; ; copies++) {
      const over = new AbortController()
      const onProgress = (bytes: number, percent: number): void => {
        if (bytes > most) over.abort()
        if (performance.now() - told < PROGRESS_EVERY) return
        told = performance.now()
        this.#say({ type: 'mirror-progress', host: this.#host, bytes, percent })
      }
      try {
        return await this.#copyByRules(onProgress, AbortSignal.any([this.#signal, over.signal]))
      } catch (error) {
        if (!over.signal.aborted || this.#signal.aborted) throw error
        const now = extent.mostFor(await extent.measured())
        if (now <= most || copies === MOST_COPIES) {
          throw new Error(
            `this system grows while it is copied: the copy was ended at ${inBytes(most)}; portage-farm check --sent says what goes`,
            { cause: error },
          )
        }
        most = now
      }
    }
  }

  /** By the rules that are known, and once more if it is found out meanwhile that others are right. */
  async #copyByRules(onProgress: (bytes: number, percent: number) => void, signal: AbortSignal): Promise<Transferred> {
    const { rules, checked } = this.#shared
    const others = new AbortController()
    checked.then(
      right => {
        if (right.texts.root !== rules.texts.root) others.abort()
      },
      () => undefined,
    )
    this.#by = rules.texts.root
    try {
      return await this.#copy.copy(rules.files.root, onProgress, AbortSignal.any([signal, others.signal]))
    } catch (error) {
      if (!others.signal.aborted || signal.aborted) throw error
    }
    const right = await checked
    this.#by = right.texts.root
    return this.#copy.copy(right.files.root, onProgress, signal)
  }

  /** Sends what the plan needs of repositories, and makes sure that all of the copy is of one moment. */
  async settle({ rules, packages }: Pick<Planned, 'rules' | 'packages'>): Promise<void> {
    if (rules.texts.root !== this.#by) this.#copied = null
    for (let copies = 1; ; copies++) {
      const began = moment()
      const { denied } = await this.#copy.copyPaths(rules.files.packages, packages, this.#signal)
      const root = this.#copied === null || (await changedSince(this.#copied, rules.watched))
      const plan = await changedSince(began, { entries: [], directories: [], trees: packages })
      if (!root && !plan) {
        for (const path of this.#chmodded) if (await isForEverybody(path)) this.#chmodded.delete(path)
        const stays = [...this.#denied, ...this.#chmodded]
        const apart = await this.#shared.apart.stage(rules, [...stays, ...denied].map(textOf), packages)
        await this.#copy.copyApart(apart, this.#signal)
        break
      }
      if (copies === MOST_COPIES) {
        throw new Error('this system changes while it is copied; is another emerge or a sync at work?')
      }
      if (root) await this.root()
    }
    await this.#copy.finish([...this.#denied, ...this.#chmodded])
  }
}

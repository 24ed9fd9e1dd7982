/** How much of this system a copy takes: said before anything is sent, and what the copy is held to. */
import { isSent, listing } from '../edge/host/listing.ts'
import { keepRootSize, keptRootSize, type RootSize } from '../edge/root-size.ts'
import type { WrittenRules } from './mirror-places.ts'

/** What a living system may grow by while it is copied: bytes, and a part of what it has. */
const GROWTH = { bytes: 256 * 2 ** 20, part: 1 / 8 }

export class Extent {
  readonly #rules: WrittenRules
  readonly #state: string
  #expected: Promise<RootSize> | null = null

  /** `state`: where the farm keeps what it remembers. */
  constructor(rules: WrittenRules, state: string) {
    this.#rules = rules
    this.#state = state
  }

  /** As the last copy by the same rules was. Without one it is looked at, which takes as long as a copy of nothing new. */
  async expected(): Promise<RootSize> {
    this.#expected ??= this.#find()
    return this.#expected
  }

  /** As it is now. */
  async measured(): Promise<RootSize> {
    const { entries } = await listing(this.#rules.files.root)
    const bytes = entries.filter(isSent).reduce((sum, { size }) => sum + size, 0)
    return { bytes, files: entries.length }
  }

  /** Bytes that a copy may have, which was found to take so many. */
  mostFor({ bytes }: RootSize): number {
    return bytes + GROWTH.bytes + bytes * GROWTH.part
  }

  /** Notes what a copy took. */
  async keep(size: RootSize): Promise<void> {
    await keepRootSize(this.#state, this.#rules.texts.root, size)
  }

  async #find(): Promise<RootSize> {
    return (await keptRootSize(this.#state, this.#rules.texts.root)) ?? this.measured()
  }
}

/**
 * Who is at work on which build: the protocol of a store.
 *
 *     claim       writes `claim` of the next attempt, if nobody else did
 *     end         writes `end`, by whoever holds the attempt
 *     supersede   writes `end` of an attempt that somebody else holds, and who gave no sign of life
 *     judge       writes `verdict`
 *
 * That a holder is dead is only ever guessed. It need not be true: the first `end` counts, so one who was merely asleep
 * finds the place taken, and what it made is refused. An attempt is claimed only when the one before it has ended without
 * a commit, so that there is never more than one commit of a build, however wrong clocks and guesses are.
 *
 * test/core/store/interleavings.test.ts looks at every order in which these steps can be done.
 */
import { type Attempt, type BuildState, buildState, mayClaim } from './build.ts'
import { type Claim, type End, parseRecordName, type Place, recordName, type Records, type Verdict } from './record.ts'

/** Where records are kept: the one side effect of the protocol. */
export interface Registers {
  /** The names of the records that there are. One that was there stays there. */
  list(): Promise<string[]>
  /** A record's text. */
  read(name: string): Promise<string>
  /** Writes a record, whole or not at all. False: there is one already, which stays as it is. */
  write(name: string, text: string): Promise<boolean>
}

/** Makes sense of a record's text; what makes none is as good as this. */
export type ReadRecord = <P extends Place>(place: P, text: string) => Records[P]

/** Seconds after which one who wanted a build tried again, and died between two records, is taken for dead. */
const CLEARING = 60

export class Ledger {
  readonly #registers: Registers
  readonly #parse: ReadRecord
  /** By key and attempt, what is known of it. Records never change, so what was read once is not read again. */
  readonly #known = new Map<string, Map<number, Partial<Attempt>>>()
  readonly #seen = new Set<string>()
  /** Builds that changed and were not told of yet: a look that fails may have taken in some of what there was. */
  #changed = new Set<string>()

  constructor(registers: Registers, parse: ReadRecord) {
    this.#registers = registers
    this.#parse = parse
  }

  /** Takes in what is new of the builds that are wanted. Returns their keys. */
  async look(isWanted: (key: string) => boolean): Promise<Set<string>> {
    const found: { name: string; key: string; attempt: number; place: Place }[] = []
    for (const name of await this.#registers.list()) {
      if (this.#seen.has(name)) continue
      const parsed = parseRecordName(name)
      if (parsed && isWanted(parsed.key)) found.push({ name, ...parsed })
    }
    await Promise.all(
      found.map(async ({ name, key, attempt, place }) => {
        const record = this.#parse(place, await this.#registers.read(name))
        this.#seen.add(name)
        const attempts = this.#known.get(key) ?? new Map<number, Partial<Attempt>>()
        this.#known.set(key, attempts.set(attempt, { ...attempts.get(attempt), [place]: record }))
        this.#changed.add(key)
      }),
    )
    const changed = this.#changed
    this.#changed = new Set()
    return changed
  }

  /** The keys of all builds that have been looked at. */
  keys(): string[] {
    return [...this.#known.keys()]
  }

  /** The attempts of a build, as far as they have been looked at. */
  attempts(key: string): Attempt[] {
    const known = this.#known.get(key)
    const attempts: Attempt[] = []
    for (let number = 1; ; number++) {
      const { claim, end = null, verdict = null } = known?.get(number) ?? {}
      // A listing may name an end and not yet the claim before it: what follows is not to be believed before that shows.
      if (!claim) return attempts
      attempts.push({ number, claim, end, verdict })
    }
  }

  state(key: string): BuildState {
    return buildState(this.attempts(key))
  }

  /** Claims the next attempt. Null: it cannot be had, by what is known or since somebody else was first. */
  async claim(key: string, claim: Claim): Promise<number | null> {
    const attempt = mayClaim(this.state(key), claim.worker)
    return attempt !== null && (await this.#write(key, attempt, 'claim', claim)) ? attempt : null
  }

  /**
   * Says what came of an attempt. False: that was decided already, by whoever took the claim away.
   *
   * It may be said again, where it is not known whether it was written: what stands there may be this very record.
   */
  async end(key: string, attempt: number, end: End): Promise<boolean> {
    if (await this.#write(key, attempt, 'end', end)) return true
    return (await this.#registers.read(recordName(key, attempt, 'end'))) === JSON.stringify(end)
  }

  /** Takes a claim away, from one who is taken for dead. False: it had ended. */
  async supersede(key: string, attempt: number, by: string, reason: string): Promise<boolean> {
    return this.#write(key, attempt, 'end', { outcome: 'superseded', by, reason })
  }

  /** Says what was thought of a result. False: somebody else has. */
  async judge(key: string, attempt: number, verdict: Verdict): Promise<boolean> {
    return this.#write(key, attempt, 'verdict', verdict)
  }

  /** Lets a build that was given up be tried again. False: it was not given up, or is being tried. */
  async clear(key: string, by: string): Promise<boolean> {
    const state = this.state(key)
    if (state.state !== 'failed' && !(state.state === 'open' && state.failures.length > 0)) return false
    const { package: id } = this.attempts(key)[0]?.claim ?? { package: '' }
    const claim = { worker: by, package: id, plan: '', cores: 0, lease: CLEARING }
    const claimed = await this.#write(key, state.next, 'claim', claim)
    return claimed && this.#write(key, state.next, 'end', { outcome: 'cleared', by })
  }

  async #write<P extends Place>(key: string, attempt: number, place: P, record: Records[P]): Promise<boolean> {
    return this.#registers.write(recordName(key, attempt, place), JSON.stringify(record))
  }
}

/**
 * A program between its steps. It runs as it is, and stands still wherever it waits for an answer: of the registers, or of
 * the explorer where it could do one thing or another. It is learnt as it goes: where an answer leads was found out by
 * running the program from its start through the answers before, once, and is remembered.
 *
 * Two histories of answers lead to the same place if the records that were read, what the Ledger makes of them and what the
 * program waits for are the same: a Ledger is nothing but what it has read, and programs keep nothing besides. Whole runs in
 * interleavings.test.ts check that.
 */
import type { Registers } from '../../../lib/core/store/ledger.ts'

export type Cost = 'expiry' | 'crash' | 'failure' | 'refusal' | 'clear' | 'stale'

/** Something that a program could do; with a `cost`, it can be done only so often in a run. */
export interface Option {
  name: string
  cost?: Cost
}

export type Wait =
  | { for: 'list' }
  | { for: 'read'; name: string }
  | { for: 'write'; name: string; text: string }
  /** `will`: its own, and listed by how much it wants it; `fate`: it may be any. */
  | { for: 'choice'; options: readonly Option[]; by: 'will' | 'fate' }

/** Something that a program learnt: whether that is true is looked up in the records. */
export interface Note {
  is:
    | 'saw committed'
    | 'claimed'
    | 'ended'
    | 'end refused'
    | 'superseded'
    | 'not superseded'
    | 'judged'
    | 'judged before'
    | 'cleared'
    | 'not cleared'
  key: string
  attempt: number
  by?: string
}

/** What a program sees of the world. */
export interface World {
  registers: Registers
  choose(options: readonly Option[], by?: 'will' | 'fate'): Promise<string>
  note(note: Note): void
  /** Says how to find out what it makes of what it has read. */
  knows(what: () => unknown): void
}

export type Program = (world: World) => Promise<void>

/** The answer to the `at`th of what a program waits for. `name`: it is the same as any other answer of that name. */
export interface Answer {
  at: number
  name: string
  value: unknown
  /** For a list: the records behind the names, if they are read in the same step. */
  texts?: ReadonlyMap<string, string>
}

/** A program that runs. */
export class Run {
  readonly waiting: { wait: Wait; answer: (value: never) => void }[] = []
  notes: Note[] = []
  readonly read = new Map<string, string>()
  #knows: () => unknown = () => null
  #error: Error | null = null

  private constructor(program: Program) {
    const wait = <T>(wait: Wait) => new Promise<T>(answer => this.waiting.push({ wait, answer }))
    const registers: Registers = {
      list: () => wait({ for: 'list' }),
      read: async name => {
        const text = await wait<string>({ for: 'read', name })
        this.read.set(name, text)
        return text
      },
      write: (name, text) => wait({ for: 'write', name, text }),
    }
    program({
      registers,
      choose: (options, by = 'will') => wait({ for: 'choice', options, by }),
      note: note => this.notes.push(note),
      knows: what => (this.#knows = what),
    }).catch((error: unknown) => (this.#error = new Error('a program failed', { cause: error })))
  }

  static async start(program: Program): Promise<Run> {
    const run = new Run(program)
    await run.#settle()
    return run
  }

  async answer({ at, value, texts }: Answer): Promise<void> {
    this.waiting.splice(at, 1)[0]?.answer(value as never)
    await this.#settle()
    while (texts && this.waiting[0]?.wait.for === 'read') {
      for (const { wait, answer } of this.waiting.splice(0)) {
        answer((wait.for === 'read' ? texts.get(wait.name) : undefined) as never)
      }
      await this.#settle()
    }
  }

  /** The same for two that will do the same from now on. */
  print(): string {
    const read = [...this.read].sort(([a], [b]) => (a < b ? -1 : 1))
    return JSON.stringify([this.waiting.map(each => each.wait), read, this.#knows()])
  }

  /** Until nothing goes on by itself. */
  async #settle(): Promise<void> {
    await new Promise(resolve => setImmediate(resolve))
    if (this.#error !== null) throw this.#error
  }
}

/** Where a program stands. */
export interface Stand {
  id: number
  print: string
  /** The names of the records that it has read. */
  read: ReadonlySet<string>
  waiting: readonly Wait[]
  history: readonly Answer[]
  next: Map<string, { to: Stand; notes: readonly Note[] }>
  /** One that stands there, as long as nobody has gone on with it. */
  run: Run | null
}

/** A program, as far as it is known. */
export class Automaton {
  readonly #program: Program
  readonly #byPrint = new Map<string, Stand>()
  readonly stands: Stand[] = []
  /** How often the program was run from its start. */
  runs = 0

  constructor(program: Program) {
    this.#program = program
  }

  /** One that is not used to learn from. */
  run(): Promise<Run> {
    return Run.start(this.#program)
  }

  async start(): Promise<Stand> {
    return this.#stand(await this.#again([]), [])
  }

  async learn(from: Stand, answer: Answer): Promise<Stand> {
    if (from.next.has(keyOf(answer))) return this.follow(from, answer).to
    const run = from.run ?? (await this.#again(from.history))
    from.run = null
    run.notes = []
    await run.answer(answer)
    const to = this.#stand(run, [...from.history, answer])
    from.next.set(keyOf(answer), { to, notes: run.notes })
    return to
  }

  /** Throws a Missing, where this has to be learnt first. */
  follow(from: Stand, answer: Answer): { to: Stand; notes: readonly Note[] } {
    const found = from.next.get(keyOf(answer))
    if (!found) throw new Missing(this, from, answer)
    return found
  }

  async #again(history: readonly Answer[]): Promise<Run> {
    this.runs++
    const run = await Run.start(this.#program)
    for (const each of history) await run.answer(each)
    return run
  }

  #stand(run: Run, history: readonly Answer[]): Stand {
    const print = run.print()
    const known = this.#byPrint.get(print)
    if (known) return known
    // Explorers write numbers of stands as characters.
    if (this.stands.length === 0xffff) throw new Error('there are more stands of a program than can be told apart')
    const waiting = run.waiting.map(each => each.wait)
    const stand: Stand = {
      id: this.stands.length,
      print,
      read: new Set(run.read.keys()),
      waiting,
      history,
      next: new Map(),
      run,
    }
    this.#byPrint.set(print, stand)
    this.stands.push(stand)
    return stand
  }
}

/** Where an answer leads is not known yet. */
export class Missing extends Error {
  readonly learn: () => Promise<Stand>

  constructor(automaton: Automaton, from: Stand, answer: Answer) {
    super('not learnt yet')
    this.learn = () => automaton.learn(from, answer)
  }
}

function keyOf({ at, name }: Answer): string {
  return `${at} ${name}`
}

/** Does what can be done with what is known; else returns what has to be learnt first. */
export function attempt<T>(act: () => T): T | Missing {
  try {
    return act()
  } catch (thrown) {
    if (thrown instanceof Missing) return thrown
    throw thrown
  }
}

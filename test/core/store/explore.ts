/**
 * Looks at every state that programs can bring about that share registers, in whatever order their steps are done, and
 * whoever crashes, sleeps, or takes somebody for dead meanwhile.
 *
 * A state is what stands in the registers, where each program stands, and what may still happen. From each, every program is
 * let do each of the steps that it waits for. To be asleep is to do none while others do theirs. Who crashes does nothing any
 * more, or comes back under its name and knows nothing; where it crashes at a write, the write may have been done.
 */
import { AllContents, type Contents, exclusive, type Write } from './contents.ts'
import { isSettled, whatHappened, whatIsBelieved, whatIsWrong } from './invariants.ts'
import {
  type Answer,
  attempt,
  Automaton,
  type Cost,
  Missing,
  type Note,
  type Program,
  type Stand,
  type Wait,
} from './process.ts'

export interface Scene {
  keys: readonly string[]
  workers: readonly Program[]
  /** The first goes on to the end with whoever is left. */
  originators: readonly Program[]
  others?: readonly Program[]
  /** How often each may happen; what is not named, never. */
  budget: Partial<Record<Cost, number>>
  /** `apart`: each read is a step. As records never change, it makes no difference when they are read, but of more states. */
  reads?: 'apart' | 'together'
  write?: Write
  /** To see what comes of it where a record is written twice. */
  mayRewrite?: boolean
  /** What may become of what a lone worker does: the `best`, or `any`; null: it is not looked at. */
  alone?: 'best' | 'any' | null
}

export interface Outcome {
  /** What was found wrong, and how it came about. */
  violation: { wrong: string; steps: string[] } | null
  states: number
  /** Steps that were looked at, each from each state. */
  steps: number
  /** Contents of the registers. */
  contents: number
  /** Places where some program stood. */
  stands: number
  /** Times that a program was run from its start, to learn what it does. */
  runs: number
  /** States from which one worker and one originator went on alone to the end. */
  alone: number
  /** What happened, by how many steps. */
  happened: Map<string, number>
}

interface State {
  contents: Contents
  /** By program; null: it has crashed. */
  stands: readonly (Stand | null)[]
  left: number
  before: State | null
  /** Whose step led here, and what it was. */
  step: readonly (string | number)[]
}

/** Something is as it must not be. */
class Violation extends Error {}

const COSTS: readonly Cost[] = ['expiry', 'crash', 'failure', 'refusal', 'clear', 'stale']

/** A budget in one number, with three bits for each. */
function packed(budget: Partial<Record<Cost, number>>): number {
  return COSTS.reduce((sum, cost, index) => sum + ((budget[cost] ?? 0) << (3 * index)), 0)
}

/** What is left of a budget; null: not so much. */
function spend(left: number, cost: Cost | undefined): number | null {
  if (cost === undefined) return left
  const shift = 3 * COSTS.indexOf(cost)
  return (left >> shift) & 7 ? left - (1 << shift) : null
}

export class Explorer {
  readonly #scene: Scene
  readonly #all = new AllContents(whatIsWrong)
  readonly #automata: readonly Automaton[]
  readonly #states = new Set<string>()
  /** From where a lone worker is known to come to an end. */
  readonly #ends = new Set<string>()
  readonly #happened = new Map<string, number>()
  #steps = 0
  #starts: readonly Stand[] = []

  constructor(scene: Scene) {
    this.#scene = scene
    const programs = [...scene.originators, ...scene.workers, ...(scene.others ?? [])]
    this.#automata = programs.map(program => new Automaton(program))
  }

  async explore(): Promise<Outcome> {
    this.#starts = await Promise.all(this.#automata.map(each => each.start()))
    const contents = this.#all.of([])
    const first: State = { contents, stands: this.#starts, left: packed(this.#scene.budget), before: null, step: [] }
    const left = [first]
    this.#states.add(keyOf(contents, this.#starts, first.left, -1, null))
    let violation: Outcome['violation'] = null
    for (let state = left.pop(); state && !violation; state = left.pop()) {
      try {
        const now = state
        const next = attempt(() => {
          if (this.#scene.alone !== null) this.#comesToAnEnd(now)
          return this.#next(now)
        })
        if (next instanceof Missing) {
          left.push(now)
          await next.learn()
          continue
        }
        this.#steps += next.steps
        for (const name of next.happened) this.#happened.set(name, (this.#happened.get(name) ?? 0) + 1)
        for (const [key, each] of next.fresh) {
          this.#states.add(key)
          left.push(each)
        }
      } catch (error) {
        if (!(error instanceof Violation)) throw error
        violation = { wrong: error.message, steps: stepsTo(state) }
      }
    }
    return {
      violation,
      states: this.#states.size,
      steps: this.#steps,
      contents: this.#all.size,
      stands: this.#automata.reduce((sum, each) => sum + each.stands.length, 0),
      runs: this.#automata.reduce((sum, each) => sum + each.runs, 0),
      alone: this.#ends.size,
      happened: this.#happened,
    }
  }

  /**
   * A run as it is, of all programs at once, in which `pick` decides what is done: an index below a number. Throws where a
   * program does not stand as what was learnt of it says. Returns the steps that were done.
   */
  async walk(pick: (below: number) => number, length: number): Promise<number> {
    const records = new Map<string, string>()
    const runs = await Promise.all(this.#automata.map(each => each.run()))
    const stands = await Promise.all(this.#automata.map(each => each.start()))
    for (let done = 0; done < length; done++) {
      const awake = [...runs.keys()].filter(index => (runs[index]?.waiting.length ?? 0) > 0)
      const index = awake[pick(Math.max(awake.length, 1))]
      const [run, stand] = index === undefined ? [] : [runs[index], stands[index]]
      if (index === undefined || !run || !stand) return done
      const at = pick(run.waiting.length)
      const wait = run.waiting[at]?.wait
      const answers =
        wait?.for === 'choice'
          ? wait.options.map(({ name }) => ({ at, name, value: name }))
          : wait && [...this.#answers(at, wait, this.#all.of(records), stand, 0)].map(each => each.answer)
      const answer = answers?.[pick(answers.length)]
      if (!answer) throw new Error('there is no answer')
      if (wait?.for === 'write' && answer.value) records.set(wait.name, wait.text)
      const to = await this.#automaton(index).learn(stand, answer)
      await run.answer(answer)
      if (run.print() !== to.print) throw new Error(`${index} stands at ${run.print()}, not ${to.print}`)
      stands[index] = to
    }
    return length
  }

  /** The states that are one step away and have not been seen yet, and what happened in all steps there. */
  #next(state: State): { fresh: Map<string, State>; happened: string[]; steps: number } {
    const fresh = new Map<string, State>()
    const happened: string[] = []
    let steps = 0
    for (const [index, stand] of state.stands.entries()) {
      if (!stand) continue
      const go = (
        contents: Contents,
        to: Stand | null,
        left: number,
        happens: readonly string[],
        ...step: string[]
      ) => {
        steps++
        happened.push(...happens)
        const key = keyOf(contents, state.stands, left, index, to)
        if (this.#states.has(key) || fresh.has(key)) return
        fresh.set(key, { contents, stands: state.stands.with(index, to), left, before: state, step: [index, ...step] })
      }
      for (const [at, wait] of stand.waiting.entries()) {
        for (const { contents, answer, left } of this.#answers(at, wait, state.contents, stand, state.left)) {
          for (const each of this.#follow(index, stand, answer, contents, left)) {
            go(contents, each.to, each.left, each.happened, wait.for, answer.name, each.chosen)
          }
          const dead = wait.for === 'write' ? spend(left, 'crash') : null
          if (dead !== null)
            go(contents, null, dead, ['crashed at a write'], wait.for, answer.name, 'and crashes unheard')
        }
      }
      const dead = spend(state.left, 'crash')
      if (dead === null || stand.waiting.length === 0) continue
      go(state.contents, null, dead, ['crashed'], 'crashes')
      go(state.contents, this.#starts[index] ?? null, dead, ['started again'], 'starts again')
    }
    return { fresh, happened, steps }
  }

  /** What may be answered to what a program waits for. */
  *#answers(at: number, wait: Wait, contents: Contents, stand: Stand, left: number) {
    switch (wait.for) {
      case 'list':
        yield { contents, left, answer: this.#list(at, contents) }
        // Any records that have not been seen yet may be missing in a listing that is not of now.
        for (const older of this.#older(contents, stand, spend(left, 'stale'))) {
          yield { contents, left: spend(left, 'stale') ?? 0, answer: this.#list(at, older) }
        }
        break
      case 'read': {
        const value = contents.texts.get(wait.name)
        yield { contents, left, answer: { at, name: `${wait.name} ${value}`, value } }
        break
      }
      case 'write': {
        const value = (this.#scene.write ?? exclusive)(contents.texts, wait.name, wait.text, stand.read)
        if (value && contents.texts.has(wait.name) && !this.#scene.mayRewrite) {
          throw new Violation(`a record was written twice: ${wait.name}`)
        }
        const after = value ? this.#all.with(contents, wait.name, wait.text) : contents
        if (after.wrong !== null) throw new Violation(`${after.wrong}: ${[...after.texts.keys()].join(' ')}`)
        yield { contents: after, left, answer: { at, name: String(value), value } }
        break
      }
      case 'choice':
        throw new Error('a choice is part of the step before it')
      default:
        wait satisfies never
    }
  }

  #list(at: number, visible: Contents): Answer {
    const answer = { at, name: visible.listing, value: visible.names }
    return this.#scene.reads === 'apart' ? answer : { ...answer, texts: visible.texts }
  }

  *#older({ texts }: Contents, stand: Stand, left: number | null) {
    if (left === null) return
    const fresh = [...texts].filter(([name]) => !stand.read.has(name))
    const old = [...texts].filter(([name]) => stand.read.has(name))
    for (let some = 0; some < 2 ** fresh.length - 1; some++) {
      yield this.#all.of([...old, ...fresh.filter((_, index) => some & (1 << index))])
    }
  }

  /** Where a program comes by an answer, and by what it chooses then: no one else can tell that from one step. */
  #follow(index: number, stand: Stand, answer: Answer, contents: Contents, left: number, chosen = '') {
    const all: { to: Stand; left: number; chosen: string; happened: string[] }[] = []
    const { to, notes } = this.#automaton(index).follow(stand, answer)
    const happened = notes.map(note => this.#believe(note, contents))
    const [wait] = to.waiting
    if (wait?.for !== 'choice') return [{ to, left, chosen, happened }]
    for (const { name, cost } of wait.options) {
      const rest = spend(left, cost)
      if (rest === null) continue
      const answer = { at: 0, name, value: name }
      for (const each of this.#follow(index, to, answer, contents, rest, `${chosen} ${name}`)) {
        all.push({ ...each, happened: [...happened, ...each.happened] })
      }
    }
    return all
  }

  /** Checks what a program learnt, and names what that shows to have happened. */
  #believe(note: Note, contents: Contents): string {
    const wrong = whatIsBelieved(note, contents)
    if (wrong !== null) throw new Violation(`${wrong}: ${JSON.stringify(note)}`)
    return whatHappened(note, contents)
  }

  /** One worker of those that live, and an originator, go on alone, while all others sleep for ever. */
  #comesToAnEnd({ contents, stands }: State): void {
    const lead = this.#scene.originators.length
    for (let index = lead; index < lead + this.#scene.workers.length; index++) {
      const worker = stands[index]
      const judge = stands[0] ?? this.#starts[0]
      if (worker && judge) {
        this.#alone(contents, [judge, worker], [0, index], 0, 0, new Set())
      }
    }
  }

  /** `turn`: whose step it is; `idle`: how many in a row found nothing to do. */
  #alone(
    contents: Contents,
    stands: readonly [Stand, Stand],
    indexes: readonly [number, number],
    turn: 0 | 1,
    idle: number,
    path: Set<string>,
  ): void {
    const key = String.fromCharCode(contents.id, stands[0].id, stands[1].id, indexes[1] * 10 + turn * 5 + idle)
    if (this.#ends.has(key)) return
    if (path.has(key)) throw new Violation('a lone worker goes round in circles')
    path.add(key)
    const stand = stands[turn]
    const wait = stand.waiting[0]
    if (idle === 2) {
      if (!isSettled(contents, this.#scene.keys)) {
        throw new Violation(`a lone worker finds nothing to do: ${[...contents.texts].flat().join(' ')}`)
      }
    } else if (!wait) {
      this.#alone(contents, stands, indexes, turn ? 0 : 1, idle + 1, path)
    } else {
      const left = packed({ expiry: 7, failure: 7, refusal: 7 })
      for (const { contents: after, answer } of this.#answers(0, wait, contents, stand, left)) {
        for (const to of this.#willing(indexes[turn], stand, answer, after)) {
          const isIdle = to === stand && after === contents
          const both: [Stand, Stand] = turn ? [stands[0], to] : [to, stands[1]]
          const next = isIdle ? (turn ? 0 : 1) : turn
          this.#alone(after, both, indexes, next, isIdle ? idle + 1 : 0, path)
        }
      }
    }
    path.delete(key)
    this.#ends.add(key)
  }

  /** As #follow, where a program does what it wants most. */
  #willing(index: number, stand: Stand, answer: Answer, contents: Contents): Stand[] {
    const { to, notes } = this.#automaton(index).follow(stand, answer)
    for (const note of notes) this.#believe(note, contents)
    const [wait] = to.waiting
    if (wait?.for !== 'choice') return [to]
    const options = wait.by === 'fate' && this.#scene.alone !== 'best' ? wait.options : wait.options.slice(0, 1)
    return options.flatMap(({ name }) => this.#willing(index, to, { at: 0, name, value: name }, contents))
  }

  #automaton(index: number): Automaton {
    const found = this.#automata[index]
    if (!found) throw new Error(`there is no program ${index}`)
    return found
  }
}

/** A state in one string, with the program at `index` standing elsewhere. */
function keyOf(contents: Contents, stands: State['stands'], left: number, index: number, to: Stand | null): string {
  let key = String.fromCharCode(contents.id, left & 0xffff, left >> 16)
  for (let each = 0; each < stands.length; each++) {
    const stand = each === index ? to : stands[each]
    key += String.fromCharCode(stand ? stand.id + 1 : 0)
  }
  return key
}

function stepsTo(state: State): string[] {
  const steps: string[] = []
  for (let each = state; each.before; each = each.before) steps.unshift(each.step.join(' ').trim())
  return steps
}

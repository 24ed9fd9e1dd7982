/**
 * A worker of a store: looks for plans, joins each, and builds for all of them until it is told to end.
 *
 * Everything that it knows of others it reads in the store. It looks there again and again; each look takes in what is new,
 * ends what nobody wants, takes away what somebody dead holds, and begins what is best to begin.
 */
import { messageOf } from '../../core/error.ts'
import { Leases } from '../../core/store/leases.ts'
import { Ledger } from '../../core/store/ledger.ts'
import { agentSource } from '../../edge/host/agent.ts'
import { projectVersion } from '../../edge/project.ts'
import { makeRuntime, removeRuntime } from '../../edge/runtime.ts'
import { Changes } from '../../edge/shared/changes.ts'
import { Layout } from '../../edge/shared/layout.ts'
import { Plans } from '../../edge/shared/plans.ts'
import { takeName } from '../../edge/shared/presence.ts'
import { readRecord } from '../../edge/shared/records.ts'
import { DirectoryRegisters } from '../../edge/shared/registers.ts'
import { Giving } from './giving.ts'
import { PlanWork, type WorkerSettings, type WorkParts } from './plan-work.ts'

/** Milliseconds from one look to the next: where there is a plan, and where there is none. */
const LOOK_EVERY = { busy: 500, idle: 1000 }
/** Seconds from one look for plans to the next. */
const PLANS_EVERY = 1

export interface WorkOptions extends WorkerSettings {
  /** The store's path. */
  store: string
  /** Ends it, and all that it builds. */
  end: AbortSignal
  /** Ends it when what it is at is done. */
  finish: AbortSignal
  tell: (line: string) => void
}

/** What looking at the store took. */
export interface WorkFigures {
  /** Seconds in which something was built. */
  building: number
  /** Seconds that went into reading and writing records and signs. */
  looking: number
  looks: number
}

/** Works until it is told to end. Throws a NoStore if there is no store, or a NameTaken. */
export async function work(options: WorkOptions): Promise<WorkFigures> {
  const layout = await Layout.openOrMake(options.store)
  const { name, jobs, lease } = options
  const sign = await takeName(layout, name, { jobs, lease, version: projectVersion() })
  const runtime = await makeRuntime()
  const changes = [new Changes(layout.in('records')), new Changes(layout.in('plans'))]
  try {
    return await new Worker(options, layout, runtime, changes, await agentSource()).run()
  } finally {
    for (const each of changes) each.close()
    await sign.remove()
    await removeRuntime(runtime)
  }
}

class Worker {
  readonly #options: WorkOptions
  readonly #plans: Plans
  readonly #parts: WorkParts
  readonly #changes: readonly Changes[]
  readonly #works = new Map<string, PlanWork>()
  /** The plans that it left while they were not over, with the originator's sign then. */
  readonly #left = new Map<string, string>()
  readonly #figures: WorkFigures = { building: 0, looking: 0, looks: 0 }
  #trouble = ''
  #lookedForPlans = -Infinity

  constructor(
    options: WorkOptions,
    layout: Layout,
    runtime: string,
    changes: readonly Changes[],
    source: WorkParts['source'],
  ) {
    this.#options = options
    this.#plans = new Plans(layout)
    this.#changes = changes
    const { name, jobs, lease, dir, tell } = options
    const ledger = new Ledger(new DirectoryRegisters(layout.in('records'), layout.in('scratch')), readRecord)
    this.#parts = {
      ...{ worker: { name, jobs, lease, dir }, layout, source, runtime, tell },
      plans: this.#plans,
      ledger,
      giving: new Giving({ layout, ledger, worker: { name, dir }, tell }),
      leases: new Leases(),
      freeSlots: () => jobs - this.#jobs(),
      isWantedElsewhere: (key, run) => [...this.#works.values()].some(each => each.run !== run && each.wants(key)),
      lookForPlans: async () => this.#meetPlans(),
      poke: () => {
        this.#poke()
      },
    }
  }

  async run(): Promise<WorkFigures> {
    const { end, finish, tell, name, store, lease } = this.#options
    for (const signal of [end, finish]) {
      signal.addEventListener('abort', () => {
        this.#poke()
      })
    }
    await this.#plans.leaveAll(name, lease)
    // What one of its name left here before it was killed.
    await this.#parts.giving.clear()
    tell(`${name} works at ${store}`)
    let before = performance.now()
    while (!end.aborted && !(finish.aborted && this.#jobs() === 0)) {
      if (this.#jobs() > 0) this.#figures.building += (performance.now() - before) / 1000
      before = performance.now()
      await this.#look().then(
        () => {
          this.#trouble = ''
        },
        (error: unknown) => {
          this.#tellTrouble(messageOf(error))
        },
      )
      this.#figures.looks++
      this.#figures.looking += (performance.now() - before) / 1000
      await this.#sleep()
    }
    await Promise.all([...this.#works.values()].map(async each => each.leave(false)))
    await this.#parts.giving.clear()
    return this.#figures
  }

  async #look(): Promise<void> {
    const now = performance.now() / 1000
    if (now - this.#lookedForPlans >= PLANS_EVERY) {
      this.#lookedForPlans = now
      await this.#meetPlans()
    }
    const works = [...this.#works.values()]
    if (works.length === 0) return
    const wanted = new Set(works.flatMap(each => [...each.view.keys.values()]))
    const changed = await this.#parts.ledger.look(key => wanted.has(key))
    for (const each of works) {
      each.view.see(changed)
      await each.look(now)
      if (!this.#options.finish.aborted) await each.begin()
      if (each.isDone) await this.#leave(each)
    }
  }

  async #meetPlans(): Promise<void> {
    for (const run of await this.#plans.living()) {
      if (this.#works.has(run) || this.#options.finish.aborted) continue
      if (this.#left.has(run) && (await this.#plans.originator(run)) === this.#left.get(run)) continue
      this.#left.delete(run)
      try {
        this.#works.set(run, new PlanWork(await this.#plans.read(run), this.#parts))
      } catch (error) {
        this.#left.set(run, await this.#plans.originator(run))
        this.#options.tell(`cannot work at the plan ${run}: ${messageOf(error)}`)
      }
    }
  }

  async #leave(left: PlanWork): Promise<void> {
    this.#works.delete(left.run)
    this.#left.set(left.run, await this.#plans.originator(left.run))
    await left.leave(false)
  }

  async #sleep(): Promise<void> {
    const longest = this.#works.size > 0 ? LOOK_EVERY.busy : LOOK_EVERY.idle
    await Promise.race(this.#changes.map(async each => each.next(longest)))
  }

  #poke(): void {
    this.#changes[0]?.poke()
  }

  #jobs(): number {
    return [...this.#works.values()].reduce((sum, each) => sum + each.jobs, 0)
  }

  #tellTrouble(words: string): void {
    if (words !== this.#trouble) this.#options.tell(`the store cannot be read: ${words}; trying again`)
    this.#trouble = words
  }
}

/**
 * The plans in a store: what emerges want built.
 *
 *     plans/RUN/plan.json      what it is; the directory appears whole, by a rename
 *     plans/RUN/sign           the originator's sign of life
 *     plans/RUN/dropped.json   keys that it does not want any more
 *     plans/RUN/events.jsonl   what has happened in the run, for whoever wants to see
 *     plans/RUN/workers/NAME   a worker that is at it: its sign of life, and how it stands
 *     plans/RUN/over           it is over: nothing of it is to be begun or gone on with
 */
import { appendFile, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FarmEvent, HostRoom } from '../../core/event.ts'
import type { Observation } from '../../core/history/observation.ts'
import type { ClientNeeds, CpuNeeds, HostProblem } from '../../core/host-facts.ts'
import type { Policy } from '../../core/policy.ts'
import type { PlanRequest } from '../../core/request.ts'
import type { NativeHere, Trial } from '../../core/trial.ts'
import type { Layout } from './layout.ts'
import { publishedPlanOf } from './published-plan.ts'
import { readSign, saidIn, Sign } from './signs.ts'

/** Seconds after the last sign of life after which what nobody has ended any more is removed: two days. */
const FORGOTTEN_AFTER = 2 * 24 * 3600

export interface PublishedPlan {
  run: string
  /** Of portage-farm. */
  version: string
  /** The client's name in the store, its host name, its machine as uname says it. */
  client: string
  hostname: string
  machine: string
  /** The name of the client's root among those of the client. */
  root: string
  request: PlanRequest
  policy: Policy
  /** By package: the build's key. */
  keys: Record<string, string>
  /** What the client asks of workers. */
  needs: { client: ClientNeeds; cpu: CpuNeeds }
  trial: { trial: Trial; native: [string, NativeHere extends ReadonlyMap<string, infer V> ? V : never][]; name: string }
  /** What is remembered of such builds. */
  observations: Observation[]
  /** See FarmConfig. */
  stuckAfter: number
}

/** How a worker stands to a plan. */
export type Standing =
  | { state: 'joining' }
  | { state: 'copying' }
  | ({ state: 'ready'; hostname: string; jobs: number } & HostRoom)
  | { state: 'refused'; problems: HostProblem[] }
  | { state: 'left' }

/** A worker's sign of life. `lease`: seconds of silence after which it is taken for dead. */
export type WorkerSign = Standing & { lease: number }

/** The keys of builds that the originator does not want from workers: it builds them itself; it gave them up. */
export interface Dropped {
  home: string[]
  gone: string[]
}

export type OriginatorSign = { lease: number }

export class Plans {
  readonly #layout: Layout

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** The names of the plans that are not over. */
  async living(): Promise<string[]> {
    const names = await this.#names()
    const over = await Promise.all(names.map(async run => this.isOver(run)))
    return names.filter((_, index) => over[index] === false)
  }

  async publish(plan: PublishedPlan): Promise<void> {
    const whole = this.#layout.in('scratch', `${plan.run}.plan`)
    await mkdir(join(whole, 'workers'), { recursive: true, mode: 0o755 })
    await writeFile(join(whole, 'plan.json'), JSON.stringify(plan))
    await rename(whole, this.directory(plan.run))
  }

  /** Throws an Error that says why if there is no such plan, or if it is none. */
  async read(run: string): Promise<PublishedPlan> {
    const plan: unknown = JSON.parse(await readFile(join(this.directory(run), 'plan.json'), 'utf8'))
    return publishedPlanOf(run, plan)
  }

  async isOver(run: string): Promise<boolean> {
    return stat(join(this.directory(run), 'over')).then(
      () => true,
      () => false,
    )
  }

  /** It is over, whoever is still at it. */
  async end(run: string): Promise<void> {
    await writeFile(join(this.directory(run), 'over'), '').catch(() => undefined)
  }

  /** The originator's own sign of life, from now on. */
  sign(run: string, lease: number, every: number): Sign<OriginatorSign> {
    return new Sign<OriginatorSign>(join(this.directory(run), 'sign'), every, { lease })
  }

  async originator(run: string): Promise<string> {
    return readSign(join(this.directory(run), 'sign'))
  }

  /** A worker's own sign of life, from now on. */
  workerSign(run: string, name: string, lease: number, every: number): Sign<WorkerSign> {
    return new Sign<WorkerSign>(join(this.directory(run), 'workers', name), every, { state: 'joining', lease })
  }

  /** The signs of those who are at it, by name, as they are written. */
  async workers(run: string): Promise<Map<string, string>> {
    const directory = join(this.directory(run), 'workers')
    const names = await readdir(directory).catch(() => [])
    return new Map(await Promise.all(names.map(async name => [name, await readSign(join(directory, name))] as const)))
  }

  /** A worker that begins: what one of its name was at before, it has left, whether or not that could say so. */
  async leaveAll(name: string, lease: number): Promise<void> {
    for (const run of await this.#names()) {
      const path = join(this.directory(run), 'workers', name)
      if (saidIn<WorkerSign>(await readSign(path)) !== null)
        await writeFile(path, JSON.stringify({ state: 'left', lease }))
    }
  }

  async drop(run: string, keys: Dropped): Promise<void> {
    const whole = this.#layout.in('scratch', `${run}.dropped`)
    await writeFile(whole, JSON.stringify(keys))
    await rename(whole, join(this.directory(run), 'dropped.json'))
  }

  /** For people: one event a line, as in the log that the originator keeps of its runs. */
  async note(run: string, events: readonly FarmEvent[]): Promise<void> {
    const lines = events.map(each => JSON.stringify(each) + '\n').join('')
    await appendFile(join(this.directory(run), 'events.jsonl'), lines)
  }

  async dropped(run: string): Promise<Dropped> {
    const text = await readFile(join(this.directory(run), 'dropped.json'), 'utf8').catch(() => '')
    const { home, gone } = saidIn<Record<keyof Dropped, unknown>>(text) ?? {}
    const keys = (said: unknown): string[] => (Array.isArray(said) ? said.map(String) : [])
    return { home: keys(home), gone: keys(gone) }
  }

  /** Whether nobody can be at work on it any more: it is over, and whoever was has left. */
  async isAbandoned(run: string): Promise<boolean> {
    if (!(await this.#names()).includes(run)) return true
    if (!(await this.isOver(run))) return false
    const signs = await this.workers(run)
    return [...signs.values()].every(sign => saidIn<WorkerSign>(sign)?.state === 'left')
  }

  /** Removes the plans that are over, and those of which nobody has given a sign of life for long. `now`: by Layout.now(). */
  async sweep(now: number): Promise<void> {
    for (const run of await this.#names()) {
      const isOld = now - (await this.#lastSign(run)) > FORGOTTEN_AFTER * 1000
      if (!isOld && !(await this.isAbandoned(run))) continue
      await rm(this.directory(run), { recursive: true, force: true })
      // What somebody who was killed had not got whole.
      const scratch = (await readdir(this.#layout.in('scratch'))).filter(name => name.startsWith(`${run}.`))
      for (const name of scratch) await rm(this.#layout.in('scratch', name), { recursive: true, force: true })
    }
  }

  directory(run: string): string {
    return this.#layout.in('plans', run)
  }

  /**
   * When somebody last gave a sign of life at a plan, or left it here: a plan may take longer than anything is kept that
   * nobody has ended. In milliseconds, by the store's clock; what cannot be looked at has just been.
   */
  async #lastSign(run: string): Promise<number> {
    const directory = this.directory(run)
    const workers = await readdir(join(directory, 'workers')).catch(() => [])
    const paths = ['plan.json', 'sign', ...workers.map(name => join('workers', name))].map(each =>
      join(directory, each),
    )
    const times = await Promise.all(
      paths.map(async path =>
        stat(path).then(
          ({ mtimeMs }) => mtimeMs,
          (error: unknown) => ((error as NodeJS.ErrnoException).code === 'ENOENT' ? 0 : Infinity),
        ),
      ),
    )
    const last = Math.max(...times)
    return last === 0 ? Infinity : last
  }

  async #names(): Promise<string[]> {
    return (await readdir(this.#layout.in('plans'))).filter(name => !name.startsWith('.')).sort()
  }
}

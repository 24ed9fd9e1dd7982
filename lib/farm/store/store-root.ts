/** This system's root in a store: copied while Portage resolves, and settled when the plan is known. */
import { statfs } from 'node:fs/promises'
import type { Happening } from '../../core/event.ts'
import { bytes } from '../../core/units.ts'
import { goesOn } from '../../edge/earlier-runs.ts'
import { HERE } from '../../edge/host/local.ts'
import { RootSender } from '../../edge/host/root-sender.ts'
import { rsync } from '../../edge/host/rsync.ts'
import { attributesKept } from '../../edge/shared/attributes.ts'
import { Layout } from '../../edge/shared/layout.ts'
import { Plans } from '../../edge/shared/plans.ts'
import { type RootCopy, Roots } from '../../edge/shared/roots.ts'
import { Copying } from '../copying.ts'
import type { Planned, Shared } from '../prepare.ts'

/** What stands for the workers of a store in events. */
export const STORE = 'store'

export interface SettledRoot {
  layout: Layout
  root: RootCopy
}

export class StoreRoot {
  readonly #path: string
  readonly #shared: Shared
  readonly #abort = new AbortController()
  readonly #untold: Happening[] = []
  #report: ((happening: Happening) => void) | null = null
  #ready: Promise<SettledRoot> | null = null
  readonly #planned: Promise<Planned>
  /** The plan is known. */
  plan: (planned: Planned) => void = () => undefined

  /** `path`: the store. */
  constructor(path: string, shared: Shared) {
    this.#path = path
    this.#shared = shared
    this.#planned = new Promise(resolve => {
      this.plan = resolve
    })
  }

  /** What the plan brought. */
  get planned(): Promise<Planned> {
    return this.#planned
  }

  /** Copies this system's root. What happens is told when somebody listens. */
  begin(): void {
    this.#ready ??= this.#bring()
    this.#ready.catch(() => undefined)
  }

  /** Resolves when the copy is whole and of one moment. Rejects with what is wrong with the store. */
  async ready(report: (happening: Happening) => void): Promise<SettledRoot> {
    for (const happening of this.#untold) report(happening)
    this.#report = report
    this.begin()
    if (!this.#ready) throw new Error('it was not begun')
    return this.#ready
  }

  /** It is not wanted any more. */
  abandon(): void {
    this.#abort.abort()
  }

  async #bring(): Promise<SettledRoot> {
    const { state, context, python } = this.#shared
    const layout = await Layout.openOrMake(this.#path)
    const plans = new Plans(layout)
    const roots = new Roots(layout, context.client)
    const isFree = async (run: string): Promise<boolean> => goesOn(state, run) !== true && plans.isAbandoned(run)
    const root = await roots.open(context.run, isFree)
    if (root.first) await this.#checkSpace(layout)
    this.#say({ type: 'mirror-started', host: STORE, generation: root.path, first: root.first })
    const attributes = await attributesKept(layout, python)
    const sender = new RootSender(async job => rsync(HERE, job), STORE, context.runtime, attributes)
    const copy = {
      copy: async (...args: Tail<Parameters<RootSender['copy']>>) => sender.copy(root, ...args),
      copyPaths: async (...args: Tail<Parameters<RootSender['copyPaths']>>) => sender.copyPaths(root, ...args),
      copyApart: async (from: string, signal: AbortSignal) => sender.copyApart(root, from, signal),
      finish: async (forget: readonly string[]) => roots.finish(root, forget),
    }
    const say = (happening: Happening): void => {
      this.#say(happening)
    }
    const copying = new Copying(STORE, copy, this.#shared, say, this.#abort.signal)
    await copying.root()
    await copying.settle(await this.#planned)
    return { layout, root }
  }

  /** Throws if the store has no room for this system. */
  async #checkSpace(layout: Layout): Promise<void> {
    const { bavail, bsize } = await statfs(layout.path)
    const needed = (await this.#shared.extent.expected()).bytes
    if (bavail * bsize >= needed) return
    throw new Error(
      `${bytes(bavail * bsize)} are free in the store at ${this.#path}, and a copy of this system takes ${bytes(needed)}`,
    )
  }

  #say(happening: Happening): void {
    if (this.#report) this.#report(happening)
    else this.#untold.push(happening)
  }
}

type Tail<T extends unknown[]> = T extends [unknown, ...infer R] ? R : never

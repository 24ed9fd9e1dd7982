/** The copy of the client's root on a host. */
import { generationOf } from './answers.ts'
import type { HostLink } from './link.ts'
import { RootSender } from './root-sender.ts'
import { rsync, type Transferred } from './rsync.ts'

/** The generation that the agent holds for this run. */
export interface Generation {
  path: string
  /** Another one to link unchanged files from; null: they are here already. */
  base: string | null
  /** There was no whole copy before. */
  first: boolean
  /** The tool chain that was last seen to run on this host, as `tried` was told. */
  tried: string | null
}

export class Mirror {
  readonly #link: HostLink
  readonly #sender: RootSender
  #generation: Generation | null = null
  #isFinished = false

  /** `runtime`: a private directory here, for lists of files. */
  constructor(link: HostLink, runtime: string) {
    this.#link = link
    const send = async (job: Parameters<typeof rsync>[1]): Promise<Transferred> =>
      link.through(async () => rsync(link.connection, { silence: link.patience, ...job }))
    this.#sender = new RootSender(send, link.config.name, runtime)
  }

  async open(): Promise<Generation> {
    return this.#open(null)
  }

  /** Takes the generation that this run has finished, on a host that has forgotten the run since. */
  async reopen(): Promise<Generation> {
    if (!this.#isFinished) throw new Error('it has no whole copy of this system')
    return this.#open(this.#generation?.path ?? null)
  }

  /** See RootSender. */
  async copy(
    rules: string,
    onProgress: (bytes: number, percent: number) => void,
    signal: AbortSignal,
  ): Promise<Transferred> {
    return this.#sender.copy(this.#require(), rules, onProgress, signal)
  }

  /** See RootSender: of a root that is no living system. */
  async copyAll(
    from: string,
    onProgress: (bytes: number, percent: number) => void,
    signal: AbortSignal,
  ): Promise<Transferred> {
    return this.#sender.copyAll(this.#require(), from, signal, onProgress)
  }

  /** See RootSender. */
  async copyApart(from: string, signal: AbortSignal): Promise<Transferred> {
    return this.#sender.copyApart(this.#require(), from, signal)
  }

  /** See RootSender. */
  async copyPaths(rules: string, paths: readonly string[], signal: AbortSignal): Promise<Transferred> {
    return this.#sender.copyPaths(this.#require(), rules, paths, signal)
  }

  /** From now on it does not change any more: job roots may lie over it. `forget`: files that may not stay there. */
  async finish(forget: readonly string[]): Promise<void> {
    await this.#link.ask('mirrored', { forget })
    this.#isFinished = true
  }

  /** Notes that this host can run the tool chain of that name. */
  async tried(toolchain: string): Promise<void> {
    await this.#link.ask('tried', { toolchain })
  }

  async #open(keep: string | null): Promise<Generation> {
    this.#generation = generationOf(await this.#link.ask('mirror', { keep }))
    return this.#generation
  }

  #require(): Generation {
    if (!this.#generation) throw new Error(`${this.#link.config.name} has no generation open`)
    return this.#generation
  }
}

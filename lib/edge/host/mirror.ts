/** The copy of the client's root on a host. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generationOf } from './answers.ts'
import type { HostLink } from './link.ts'
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

/** Everything that makes a file what it is, but for its change time. */
const WHOLE_FILES = ['--archive', '--hard-links', '--acls', '--xattrs', '--numeric-ids', '--sparse']

export class Mirror {
  readonly #link: HostLink
  readonly #runtime: string
  #generation: Generation | null = null
  #isFinished = false

  /** `runtime`: a private directory here, for lists of files. */
  constructor(link: HostLink, runtime: string) {
    this.#link = link
    this.#runtime = runtime
  }

  async open(): Promise<Generation> {
    return this.#open(null)
  }

  /** Takes the generation that this run has finished, on a host that has forgotten the run since. */
  async reopen(): Promise<Generation> {
    if (!this.#isFinished) throw new Error('it has no whole copy of this system')
    return this.#open(this.#generation?.path ?? null)
  }

  /** Brings the client's root to the host by the rules in a file, or what changed in it. */
  async copy(
    rules: string,
    onProgress: (bytes: number, percent: number) => void,
    signal: AbortSignal,
  ): Promise<Transferred> {
    // A file that was half sent when a first copy was cut is gone on with.
    const options = ['--delete', '--delete-excluded', '--partial-dir=.portage-farm-partial']
    return this.#send([...options, `--filter=merge ${rules}`], { signal, onProgress })
  }

  /** Brings some paths and what is below them; what is not there any more is passed over. */
  async copyPaths(rules: string, paths: readonly string[], signal: AbortSignal): Promise<Transferred> {
    const list = join(this.#runtime, `${this.#link.config.name}-paths.list`)
    await writeFile(list, paths.map(path => `.${path}\0`).join(''))
    const options = ['--recursive', '--delete', '--ignore-missing-args', '--from0', `--files-from=${list}`]
    return this.#send([...options, `--filter=merge ${rules}`], { signal })
  }

  /** From now on it does not change any more: job roots may lie over it. */
  async finish(): Promise<void> {
    await this.#link.ask('mirrored')
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

  async #send(
    options: string[],
    more: { signal: AbortSignal; onProgress?: (bytes: number, percent: number) => void },
  ): Promise<Transferred> {
    if (!this.#generation) throw new Error(`${this.#link.config.name} has no generation open`)
    const { path, base } = this.#generation
    return this.#link.through(async () =>
      rsync(this.#link.connection, {
        options: [...WHOLE_FILES, ...options, ...(base === null ? [] : [`--link-dest=${base}`])],
        from: { local: '/' },
        to: { remote: `${path}/` },
        ...more,
      }),
    )
  }
}

/** Sends a root to where a copy of it is kept: to a host, or into a store. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RsyncOptions, Transferred } from './rsync.ts'

/** Where the copy is. `base`: another one to link unchanged files from; null: they are there already. */
export interface CopyPlace {
  path: string
  base: string | null
}

/** With its attributes, everything that makes a file what it is, but for its change time. */
const WHOLE_FILES = ['--archive', '--hard-links', '--numeric-ids', '--sparse']
/** What not every file system keeps. */
const ATTRIBUTES = ['acls', 'xattrs'] as const

export class RootSender {
  readonly #send: (job: RsyncOptions) => Promise<Transferred>
  readonly #name: string
  readonly #runtime: string
  readonly #options: string[]

  /** `name`: for files in `runtime`, a private directory here. `attributes`: those that can be kept there. */
  constructor(
    send: (job: RsyncOptions) => Promise<Transferred>,
    name: string,
    runtime: string,
    attributes: readonly (typeof ATTRIBUTES)[number][] = ATTRIBUTES,
  ) {
    this.#send = send
    this.#options = [...WHOLE_FILES, ...attributes.map(each => `--${each}`)]
    this.#name = name
    this.#runtime = runtime
  }

  /** Brings a root there by the rules in a file, or what changed in it. `rules`: null: all of it. */
  async copy(
    place: CopyPlace,
    rules: string | null,
    onProgress: (bytes: number, percent: number) => void,
    signal: AbortSignal,
    from = '/',
  ): Promise<Transferred> {
    // A file that was half sent when a first copy was cut is gone on with.
    const options = ['--delete', '--delete-excluded', '--partial-dir=.portage-farm-partial']
    const filter = rules === null ? [] : [`--filter=merge ${rules}`]
    return this.#bring(place, from, [...options, ...filter], { signal, onProgress })
  }

  /** Brings some paths of this system and what is below them; what is not there any more is passed over. */
  async copyPaths(
    place: CopyPlace,
    rules: string,
    paths: readonly string[],
    signal: AbortSignal,
  ): Promise<Transferred> {
    const list = join(this.#runtime, `${this.#name}-paths.list`)
    await writeFile(list, paths.map(path => `.${path}\0`).join(''))
    const options = ['--recursive', '--delete', '--ignore-missing-args', '--from0', `--files-from=${list}`]
    return this.#bring(place, '/', [...options, `--filter=merge ${rules}`], { signal })
  }

  async #bring(
    { path, base }: CopyPlace,
    from: string,
    options: string[],
    more: Pick<RsyncOptions, 'signal' | 'onProgress'>,
  ): Promise<Transferred> {
    return this.#send({
      options: [...this.#options, ...options, ...(base === null ? [] : [`--link-dest=${base}`])],
      from: { local: from.endsWith('/') ? from : `${from}/` },
      to: { remote: `${path}/` },
      ...more,
    })
  }
}

/** Sends a root to where a copy of it is kept: to a host, or into a store. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RsyncOptions, Transferred } from './rsync.ts'

/** Where the copy is. `base`: another one to link unchanged files from; null: they are there already. */
export interface CopyPlace {
  /** Beside it lies what stands apart: see lib/farm/apart.ts. */
  path: string
  base: string | null
}

/**
 * With its attributes, everything that makes a file what it is, but for its change time. The list of files is made before
 * anything is sent: where it is made as it goes, with hard links and directories that are denied, sender and receiver were
 * seen to wait for each other for ever (rsync 3.5.0).
 */
export const WHOLE_FILES = ['--archive', '--hard-links', '--numeric-ids', '--sparse', '--no-inc-recursive']
/** A file that was half sent when a first copy was cut is gone on with. */
const WHOLE_ROOT = ['--delete', '--delete-excluded', '--partial-dir=.portage-farm-partial']
/** Seconds that a copy may take: who has not received it by then, however much came each minute, gets none. */
const LONGEST_COPY = 24 * 3600
/** What not every file system keeps. */
const ATTRIBUTES = ['acls', 'xattrs'] as const

/** Where a copy of the root has what stands apart: as the agent's farm_mirror.py has it. */
export function apartOf(path: string): string {
  return `${path}.apart`
}

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

  /** Brings this system there by the rules in a file, or what changed in it: what everybody here may read. */
  async copy(
    place: CopyPlace,
    rules: string,
    onProgress: (bytes: number, percent: number) => void,
    signal: AbortSignal,
  ): Promise<Transferred> {
    // What is denied is no reason to keep what was there before it was.
    const options = [...WHOLE_ROOT, '--ignore-errors', '--itemize-changes']
    return this.#bring(place, '/', options, { rules, asEverybody: true, signal, onProgress })
  }

  /** Brings all that a directory has there, whoever may read it. */
  async copyAll(
    place: CopyPlace,
    from: string,
    signal: AbortSignal,
    onProgress: (bytes: number, percent: number) => void = () => undefined,
  ): Promise<Transferred> {
    return this.#bring(place, from, WHOLE_ROOT, { signal, onProgress })
  }

  /** Brings what stands apart: see CopyPlace. */
  async copyApart({ path, base }: CopyPlace, from: string, signal: AbortSignal): Promise<Transferred> {
    return this.copyAll({ path: apartOf(path), base: base === null ? null : apartOf(base) }, from, signal)
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
    const options = ['--recursive', '--delete', '--ignore-missing-args', '--ignore-errors']
    return this.#bring(place, '/', options, { rules, list, asEverybody: true, signal })
  }

  async #bring(
    { path, base }: CopyPlace,
    from: string,
    options: string[],
    more: Omit<RsyncOptions, 'options' | 'from' | 'to'>,
  ): Promise<Transferred> {
    return this.#send({
      options: [...this.#options, ...options, ...(base === null ? [] : [`--link-dest=${base}`])],
      from: { local: from.endsWith('/') ? from : `${from}/` },
      to: { remote: `${path}/` },
      seconds: LONGEST_COPY,
      ...more,
    })
  }
}

/** What goes to a host and comes back from it, besides the client's root. */
import { lstat, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import PQueue from 'p-queue'
import { messageOf } from '../../core/error.ts'
import type { Distfile } from '../../core/request.ts'
import { CannotWriteHere, rsync, type RsyncOptions, type Transferred } from './rsync.ts'
import type { HostLink } from './link.ts'
import { LONGEST_LOG } from './log-text.ts'

/** Transfers at once over one connection: sshd allows ten sessions on one (MaxSessions), the agent has one. */
const AT_ONCE = 4
/** Bytes in a second of the slowest transfer that is waited for. */
const SLOWEST = 32 << 10

/** Bytes that travelled, and the seconds that they took. */
export type Travelled = Pick<Transferred, 'bytes' | 'seconds'>

export const NOTHING: Travelled = { bytes: 0, seconds: 0 }

export class Transfers {
  readonly #link: HostLink
  readonly #runtime: string
  readonly #queue = new PQueue({ concurrency: AT_ONCE })
  #lists = 0

  /** `runtime`: a private directory here, for lists of files. */
  constructor(link: HostLink, runtime: string) {
    this.#link = link
    this.#runtime = runtime
  }

  /** Sends files of a directory here into one there. */
  async send(from: string, names: string[], to: string): Promise<Travelled> {
    if (names.length === 0) return NOTHING
    // "./": rsync takes names that begin with # or ; for comments.
    const list = join(this.#runtime, `${this.#link.config.name}-${this.#lists++}.list`)
    await here(async () => writeFile(list, names.map(name => `./${name}\0`).join('')))
    const sizes = await here(async () => Promise.all(names.map(async name => (await stat(join(from, name))).size)))
    return this.#run({
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      // A distfile may be a link to where the user keeps it.
      options: ['--times', '--copy-links', '--chmod=F644', '--from0', `--files-from=${list}`],
      from: { local: `${from}/` },
      to: { remote: `${to}/` },
    })
  }

  /** Brings one file here, of so many bytes at most. Returns null if there is none. */
  async bring(remote: string, local: string, most: number): Promise<Travelled | null> {
    await here(async () => {
      await mkdir(dirname(local), { recursive: true })
      await rm(local, { force: true })
    })
    const travelled = await this.#run({
      options: ['--times', '--chmod=F644', `--max-size=${most}`],
      ...{ from: { remote }, to: { local }, most, bytes: most },
    })
    // rsync passes over what is larger, or no file, and says nothing.
    const found = await lstat(local).catch(() => null)
    return found?.isFile() === true ? travelled : null
  }

  /** Brings a log here. Nothing of its owner and mode: those of logs are this system's. */
  async bringLog(remote: string, local: string): Promise<void> {
    await mkdir(dirname(local), { recursive: true })
    await this.#run({
      options: ['--chmod=F600', '--compress', `--max-size=${LONGEST_LOG}`],
      ...{ from: { remote }, to: { local }, most: LONGEST_LOG, bytes: LONGEST_LOG },
    })
  }

  /** `bytes`: what is to travel at most. */
  async #run({ bytes, ...job }: RsyncOptions & { bytes: number }): Promise<Travelled> {
    const { connection, patience } = this.#link
    const bounded = { ...job, seconds: patience + bytes / SLOWEST, silence: patience }
    return this.#queue.add(async () => this.#link.through(async () => rsync(connection, bounded)))
  }
}

/** Does what fails only if this system cannot be written to. */
async function here<T>(work: () => Promise<T>): Promise<T> {
  return work().catch((error: unknown) => {
    throw new CannotWriteHere(messageOf(error))
  })
}

/** Those of the files that lie whole in a directory here. */
export async function whichAreHere(directory: string, files: readonly Distfile[]): Promise<Distfile[]> {
  const sizes = await Promise.all(
    files.map(async ({ name }) =>
      stat(join(directory, name)).then(
        found => found.size,
        () => -1,
      ),
    ),
  )
  return files.filter((file, index) => sizes[index] === file.size)
}

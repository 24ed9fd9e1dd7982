/** What goes to a host and comes back from it, besides the client's root. */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import PQueue from 'p-queue'
import { messageOf } from '../../core/error.ts'
import type { Distfile } from '../../core/request.ts'
import { CannotWriteHere, rsync, type Transferred } from './rsync.ts'
import type { HostLink } from './link.ts'

/** Transfers at once over one connection: sshd allows ten sessions on one (MaxSessions), the agent has one. */
const AT_ONCE = 4

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
    return this.#run({
      // A distfile may be a link to where the user keeps it.
      options: ['--times', '--copy-links', '--chmod=F644', '--from0', `--files-from=${list}`],
      from: { local: `${from}/` },
      to: { remote: `${to}/` },
    })
  }

  /** Brings one file here. */
  async bring(remote: string, local: string): Promise<Travelled> {
    await here(async () => mkdir(dirname(local), { recursive: true }))
    return this.#run({ options: ['--times'], from: { remote }, to: { local } })
  }

  /** Brings a log here, with its owner and mode. */
  async bringLog(remote: string, local: string): Promise<void> {
    await mkdir(dirname(local), { recursive: true })
    const options = ['--times', '--perms', '--owner', '--group', '--numeric-ids', '--compress']
    await this.#run({ options, from: { remote }, to: { local } })
  }

  async #run(job: Parameters<typeof rsync>[1]): Promise<Travelled> {
    return this.#queue.add(async () => this.#link.through(async () => rsync(this.#link.connection, job)))
  }
}

/** Does what fails only if this system cannot be written to. */
async function here(write: () => Promise<unknown>): Promise<void> {
  await write().catch((error: unknown) => {
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

/** The farm's own store on the client: packages that came back whole, until Portage has them in PKGDIR. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, link, mkdir, rename, rm, stat } from 'node:fs/promises'
import glob from 'fast-glob'
import { basename, dirname, join, relative } from 'node:path'

/** A committed package: complete, verified, and never changed again. */
export interface StoredPackage {
  /** Its file here. */
  path: string
  /** Its name in the store, unique in the run. */
  name: string
  /** Its path within a PKGDIR, as Portage laid it out. */
  place: string
  /** Of its file as it was verified. Absent: it was signed here since, or was built here. */
  sha256?: string
}

export class Store {
  /**
   * The directory lies beside PKGDIR, normally on its file system, so that Portage can take a package by a link.
   *
   * @param goesOn whether a run's process is there: what it has is not removed, however old it looks
   */
  static async open(pkgdir: string, run: string, goesOn: (run: string) => boolean): Promise<Store> {
    await removeForgotten(storeDirectory(pkgdir), goesOn)
    const directory = join(storeDirectory(pkgdir), run)
    await mkdir(join(directory, 'incoming'), { recursive: true, mode: 0o755 })
    await mkdir(join(directory, 'committed'))
    return new Store(directory, pkgdir)
  }

  readonly #directory: string
  readonly #pkgdir: string

  private constructor(directory: string, pkgdir: string) {
    this.#directory = directory
    this.#pkgdir = pkgdir
  }

  /** The directory whose entries are the committed packages. */
  get committed(): string {
    return join(this.#directory, 'committed')
  }

  /** A place for a file on its way in. */
  incoming(name: string): string {
    return join(this.#directory, 'incoming', name)
  }

  /** Makes a file that arrived one of the committed ones, at once and whole. */
  async commit(path: string, place: string): Promise<StoredPackage> {
    const stored = this.#named(place)
    await rename(path, stored.path)
    return stored
  }

  /** Takes a package from PKGDIR into the store as well; or from another, where its path in that is `place`. */
  async adopt(path: string, place = relative(this.#pkgdir, path)): Promise<StoredPackage> {
    return this.take(path, place.startsWith('..') ? basename(path) : place)
  }

  /** Takes a package from elsewhere into the store as well. */
  async take(path: string, place: string): Promise<StoredPackage> {
    const stored = this.#named(place)
    await rm(stored.path, { force: true })
    try {
      await link(path, stored.path)
    } catch {
      // Another file system, or one without hard links.
      await copyFile(path, stored.path)
    }
    return stored
  }

  /** Removes the run's directory, and the store's when this was the last. */
  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }

  #named(place: string): StoredPackage {
    const name = place.replaceAll('/', '%')
    return { path: join(this.committed, name), name, place }
  }
}

/** The path within a PKGDIR of what a store has at a path. */
export function placeOf(path: string): string {
  return basename(path).replaceAll('%', '/')
}

/** Removes the store of a run that is over. */
export async function removeStore(pkgdir: string, run: string): Promise<void> {
  await rm(join(storeDirectory(pkgdir), run), { recursive: true, force: true })
}

/** Days after which a store that no run removed (it was killed, or kept for a caller of the library) is taken away. */
const FORGOTTEN_AFTER = 14

async function removeForgotten(stores: string, goesOn: (run: string) => boolean): Promise<void> {
  const runs = await glob('*', { cwd: stores, onlyDirectories: true })
  const limit = Date.now() - FORGOTTEN_AFTER * 24 * 3600 * 1000
  for (const run of runs.filter(each => !goesOn(each))) {
    const directory = join(stores, run)
    // What came into it shows at the directories in it.
    const times = await Promise.all(['.', 'incoming', 'committed'].map(async each => changedAt(join(directory, each))))
    if (Math.max(...times) < limit) await rm(directory, { recursive: true, force: true })
  }
}

async function changedAt(path: string): Promise<number> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

/** Where the stores of a PKGDIR are: outside of it, as Portage indexes whatever lies there. */
export function storeDirectory(pkgdir: string): string {
  return join(dirname(pkgdir), 'portage-farm')
}

/** The SHA-256 of a file, in hexadecimal, and its bytes. */
export async function digestOf(path: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return { size: (await stat(path)).size, sha256: hash.digest('hex') }
}

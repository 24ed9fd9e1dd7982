/** What packages put on this system, by their own records. */
import { lstatSync, realpathSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Owned, ownedIn } from '../../core/mirror/contents.ts'

const VDB = '/var/db/pkg'

export class Installed {
  /** The CONTENTS of all packages. */
  readonly #contents: readonly string[]
  readonly #directories = new Map<string, string | null>()

  static async read(vdb = VDB): Promise<Installed> {
    const categories = await readdir(vdb).catch(() => [])
    const packages = await Promise.all(
      categories.map(async category =>
        (await readdir(join(vdb, category)).catch(() => [])).map(pf => join(category, pf)),
      ),
    )
    const read = packages.flat().map(async each => readFile(join(vdb, each, 'CONTENTS'), 'utf8').catch(() => ''))
    return new Installed(await Promise.all(read))
  }

  private constructor(contents: readonly string[]) {
    this.#contents = contents
  }

  /** The entries whose real path is wanted, by that; links at their end are not followed. */
  owned(isWanted: (path: string) => boolean): Owned[] {
    const locate = (path: string): string | null => {
      const slash = path.lastIndexOf('/')
      const directory = this.#real(path.slice(0, slash))
      if (directory === null) return null
      const real = `${directory}${path.slice(slash)}`
      return isWanted(real) ? real : null
    }
    return this.#contents.flatMap(contents => [...ownedIn(contents, locate)])
  }

  /**
   * Where a directory really lies; of `/` it is nothing. Each is looked at once. Not by promises: there are tens of
   * thousands, and each takes microseconds.
   */
  #real(directory: string): string | null {
    const known = this.#directories.get(directory)
    if (known !== undefined) return known
    const found = directory === '' ? '' : this.#look(directory)
    this.#directories.set(directory, found)
    return found
  }

  #look(directory: string): string | null {
    const slash = directory.lastIndexOf('/')
    const parent = this.#real(directory.slice(0, slash))
    if (parent === null) return null
    const path = `${parent}${directory.slice(slash)}`
    try {
      return lstatSync(path).isSymbolicLink() ? realpathSync(path).replace(/^\/$/, '') : path
    } catch {
      return null
    }
  }
}

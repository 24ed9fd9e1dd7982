/** What packages put on this system, by their own records. */
import { readdir, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Owned, ownedIn } from '../../core/mirror/contents.ts'

const VDB = '/var/db/pkg'

export class Installed {
  /** The CONTENTS of all packages. */
  readonly #contents: readonly string[]
  readonly #directories = new Map<string, Promise<string | null>>()

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

  /** The entries whose path, as the record has it, is wanted; by their real paths, links at their end not followed. */
  async owned(isWanted: (path: string) => boolean): Promise<Owned[]> {
    const found = this.#contents.flatMap(contents => [...ownedIn(contents, isWanted)])
    const real = found.map(async each => {
      const directory = await this.#real(dirname(each.path))
      return directory === null ? [] : [{ ...each, path: join(directory, basename(each.path)) }]
    })
    return (await Promise.all(real)).flat()
  }

  async #real(directory: string): Promise<string | null> {
    const known = this.#directories.get(directory)
    if (known) return known
    const found = realpath(directory).catch(() => null)
    this.#directories.set(directory, found)
    return found
  }
}

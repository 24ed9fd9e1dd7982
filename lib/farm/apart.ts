/**
 * What hosts get though not everybody may read it here, or though it lies where nothing else is sent from: what packages
 * installed, as long as it is that byte for byte, and what Portage reads.
 *
 * It is copied aside here first, and what was copied is compared: what is sent is what was compared, whatever changes
 * meanwhile. On hosts it is a layer of its own over the copy of the root.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Owned } from '../core/mirror/contents.ts'
import { belowAny, isBelow, isPlain } from '../core/mirror/paths.ts'
import { matcher } from '../core/mirror/patterns.ts'
import { hasPrivateKey } from '../core/mirror/private-key.ts'
import { HERE } from '../edge/host/local.ts'
import { WHOLE_FILES } from '../edge/host/root-sender.ts'
import { rsync } from '../edge/host/rsync.ts'
import type { WrittenRules } from './mirror-places.ts'

/** Beside what is said of these in root-sender.ts. */
const OPTIONS = [...WHOLE_FILES, '--acls', '--xattrs', '--ignore-missing-args']

/** Larger files are not looked through for keys. */
const MOST_LOOKED_AT = 2 ** 20

export class Apart {
  readonly #directory: string
  readonly #made = new Map<string, Promise<string>>()

  /** `directory`: of this run, which only root may read; it is made when it is needed. */
  constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * Copies it aside, and returns where. The same for the same: hosts mostly are denied the same.
   *
   * @param denied what everybody may not read of the places that are sent
   * @param packages what the plan needs of repositories
   */
  async stage(rules: WrittenRules, denied: readonly string[], packages: readonly string[]): Promise<string> {
    const key = JSON.stringify([rules.texts.root, [...denied].sort(), packages])
    const made =
      this.#made.get(key) ?? this.#stage(join(this.#directory, `${this.#made.size}`), rules, denied, packages)
    this.#made.set(key, made)
    return made
  }

  async remove(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true })
  }

  async #stage(
    place: string,
    { files, besides }: WrittenRules,
    asked: readonly string[],
    packages: readonly string[],
  ): Promise<string> {
    const denied = [...asked, ...besides.hidden]
    await mkdir(place, { recursive: true, mode: 0o700 })
    const isDenied = belowAny(denied)
    const bring = async (paths: readonly string[], options: string[], rules: string | null): Promise<void> => {
      if (paths.length === 0) return
      const list = `${place}.list`
      await writeFile(list, paths.map(path => `.${path}\0`).join(''))
      await rsync(HERE, {
        options: [...OPTIONS, ...options],
        from: { local: '/' },
        to: { local: `${place}/` },
        ...{ rules, list },
      })
      await rm(list)
    }
    const isExcluded = matcher(besides.excluded)
    const ofDenied = besides.installed.owned(path => isDenied(path) && !besides.isApart(path))
    const found = [...(await besides.apart()), ...ofDenied]
    const owned = found.filter(({ path }) => !isExcluded.test(path))
    const excluded = besides.excluded.map(pattern => `--filter=- ${pattern}`)
    await bring(
      owned.map(each => each.path),
      ['--dirs', ...excluded],
      null,
    )
    await keepTheSame(place, owned)
    // Of what Portage reads, what is denied: or all of it, if that is so of a directory above it.
    const read = besides.read.flatMap(each => (isDenied(each) ? [each] : denied.filter(path => isBelow(path, each))))
    await bring(await withoutDetours(read, new Set(besides.read)), ['--recursive'], files.names)
    await bring(packages.filter(isDenied), ['--recursive'], null)
    await removeKeys(place)
    await bring(besides.included, ['--recursive', ...excluded], null)
    return place
  }
}

/**
 * Those to which no link leads, whatever host had a hand in saying that they are denied; and those that are known. rsync follows
 * links above what it is told to bring, and never named such a path.
 */
async function withoutDetours(paths: readonly string[], known: ReadonlySet<string>): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) {
    const above = dirname(path)
    if (known.has(path) || (isPlain(path) && (await realpath(above).catch(() => null)) === above)) found.push(path)
  }
  return found
}

/** Removes files that are not what was installed: by one record, where several have it. */
async function keepTheSame(place: string, owned: readonly Owned[]): Promise<void> {
  const recorded = new Map<string, Set<string>>()
  for (const each of owned) {
    if (each.kind === 'obj') recorded.set(each.path, (recorded.get(each.path) ?? new Set()).add(each.md5))
  }
  for (const [name, digests] of recorded) {
    const path = join(place, name)
    const found = await lstat(path).catch(() => null)
    if (!found || found.isDirectory()) continue
    if (!found.isFile() || !(await isTheSame(path, digests))) await rm(path)
  }
}

/** Whether a file is what was installed. `digests`: of its records. */
export async function isTheSame(path: string, digests: ReadonlySet<string>): Promise<boolean> {
  return digests.has(await md5(path))
}

async function md5(path: string): Promise<string> {
  const hash = createHash('md5')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

async function removeKeys(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) await removeKeys(path)
    else if (entry.isFile() && (await isKey(path))) await rm(path)
  }
}

/** Whether a file has a private key in it. */
export async function isKey(path: string): Promise<boolean> {
  const { size } = await lstat(path)
  return size <= MOST_LOOKED_AT && hasPrivateKey(await readFile(path, 'latin1'))
}

/** Portage's configuration on this system: all of it, also what links and `source` lead to. */
import { lstat, readdir, readFile, readlink, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'

export interface Configuration {
  /** Files, directories and links that hosts need wherever they lie. */
  sent: string[]
  /** The files and directories that make up the configuration, for watching them. */
  trees: string[]
  /** The repositories, each where it really lies. */
  repositories: Repository[]
}

interface Repository {
  name: string
  location: string
}

/** Links that lead to links: as many as the kernel follows. */
const MOST_LINKS = 40

/** `root`: PORTAGE_CONFIGROOT. */
export async function configuration(root: string, repositories: readonly Repository[]): Promise<Configuration> {
  const search = new Search(repositories)
  for (const { name, location } of repositories) {
    const real = (await search.follow(location)) ?? location
    search.repositories.push({ name, location: real })
  }
  await search.take(join(root, 'etc/portage'), false)
  return { sent: [...search.sent].sort(), trees: [...search.trees].sort(), repositories: search.repositories }
}

class Search {
  readonly sent = new Set<string>()
  readonly trees = new Set<string>()
  readonly repositories: Repository[] = []
  readonly #named: ReadonlyMap<string, string>
  readonly #seen = new Set<string>()

  constructor(repositories: readonly Repository[]) {
    this.#named = new Map(repositories.map(each => [each.name, each.location]))
  }

  /**
   * Takes a file or directory in, and everything that it leads to; what is not there is Portage's to complain of.
   * `sources`: it is read as a make.conf is.
   */
  async take(path: string, sources: boolean): Promise<void> {
    const real = await this.follow(path)
    if (real === null || this.#seen.has(real)) return
    this.#seen.add(real)
    const ofRepository = this.repositories.some(each => real.startsWith(`${each.location}/`))
    if (!ofRepository) {
      this.sent.add(real)
      this.trees.add(real)
    }
    if (!(await lstat(real)).isDirectory()) await this.#read(real, path, sources)
    // A profile in a repository: that is sent anyway. What lies below it is another profile.
    else if (ofRepository) await this.#read(join(real, 'parent'), 'parent', false)
    else await this.#walk(real, path, sources)
  }

  /** Follows a path's links, those of the directories above it too, noting each. Returns where it ends. */
  async follow(path: string): Promise<string | null> {
    const { links, real } = await linksTo(path)
    for (const link of links) this.sent.add(link)
    return real
  }

  /** `named`: the path as the configuration has it, which says what a file is. */
  async #walk(directory: string, named: string, sources: boolean): Promise<void> {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
      const [path, name] = [join(directory, entry.name), join(named, entry.name)]
      const isSourcing = sources || SOURCING.has(entry.name)
      if (entry.isSymbolicLink()) await this.take(path, isSourcing)
      else if (entry.isDirectory()) await this.#walk(path, name, isSourcing)
      else if (entry.isFile()) await this.#read(path, name, isSourcing)
    }
  }

  /** Files that name others: make.conf with `source`, and the parents of a profile. */
  async #read(path: string, named: string, sources: boolean): Promise<void> {
    if (sources) for (const each of sourced(await textOf(path))) await this.take(each, true)
    // Portage names a repository by where it really lies; the hosts' Portage finds it by what stands here.
    if (named.includes('/repos.conf')) for (const each of locationsOf(await textOf(path))) await this.follow(each)
    if (basename(named) !== 'parent') return
    for (const each of parentsOf(await textOf(path), dirname(path), this.#named)) await this.take(each, false)
  }
}

/** What may have `source` in it (make.conf(5)): a file, or a directory of them. */
const SOURCING = new Set(['make.conf'])

/** The links on the way down a path, and where that ends; null: nowhere. */
export async function linksTo(path: string): Promise<{ links: string[]; real: string | null }> {
  const links: string[] = []
  let current = path
  for (let hop = 0; hop < MOST_LINKS; hop++) {
    const linked = await firstLink(current)
    if (linked === null) break
    links.push(linked.at)
    current = linked.to
  }
  return { links, real: await realpath(path).catch(() => null) }
}

/** Where a path really is, or will be: what is not there yet lies in what is. */
export async function placeOf(path: string): Promise<string> {
  const real = await realpath(path).catch(() => null)
  const above = dirname(path)
  return real ?? (above === path ? path : join(await placeOf(above), basename(path)))
}

/** The first link on the way down a path, and where the path is then. */
async function firstLink(path: string): Promise<{ at: string; to: string } | null> {
  const parts = resolve(path).split('/').slice(1)
  for (let index = 0; index < parts.length; index++) {
    const at = '/' + parts.slice(0, index + 1).join('/')
    const target = await readlink(at).catch(() => null)
    if (target !== null) return { at, to: resolve(dirname(at), target, ...parts.slice(index + 1)) }
  }
  return null
}

/** The files that a make.conf sources (make.conf(5)). */
export function sourced(text: string): string[] {
  const found = [...text.matchAll(/^\s*source\s+(?:"([^"\n]+)"|'([^'\n]+)'|([^\s"'#]+))/gm)]
  return found.map(each => each[1] ?? each[2] ?? each[3] ?? '').filter(path => path.startsWith('/'))
}

/** Where repositories are, by a file of repos.conf (portage(5)). */
export function locationsOf(text: string): string[] {
  return [...text.matchAll(/^[ \t]*location[ \t]*[=:][ \t]*(\/.*?)[ \t]*$/gm)].map(found => found[1] ?? '')
}

/** The profiles that a profile's `parent` file names: by path, or as `repository:path` (portage(5)). */
export function parentsOf(text: string, directory: string, repositories: ReadonlyMap<string, string>): string[] {
  return text.split('\n').flatMap(line => {
    const word = line.replace(/#.*/, '').trim()
    if (word === '') return []
    const [, name, path = ''] = /^([^/:]*):(.*)$/.exec(word) ?? []
    if (name === undefined) return [resolve(directory, word)]
    const repository = name === '' ? undefined : repositories.get(name)
    return repository === undefined ? [] : [join(repository, 'profiles', path)]
  })
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

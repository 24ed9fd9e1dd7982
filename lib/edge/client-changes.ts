/** Whether this system changed while it was copied, told without looking through all of it. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** What decides what a build comes to, besides the installed files themselves. */
export interface Watched {
  /** Files and directories that are looked at as they are: directories show what was added to them or removed. */
  entries: string[]
  /** Directories whose files are looked at as well. */
  directories: string[]
  /** Directories that are looked at in all depth. */
  trees: string[]
}

/** Portage notes every installation and removal in the directory of its category, and in the counter. */
const INSTALLED = { entries: ['/var/cache/edb/counter'], directories: ['/var/db/pkg'] }

/** What a sync, a hand or another emerge changes. `configuration`: the trees of /etc/portage, links followed. */
export function watched(repositories: readonly string[], configuration: readonly string[]): Watched {
  return {
    entries: [
      ...INSTALLED.entries,
      ...repositories.flatMap(each => ['.git/HEAD', '.git/index'].map(name => join(each, name))),
    ],
    directories: [
      ...INSTALLED.directories,
      ...repositories.flatMap(each => ['', 'eclass', 'metadata', 'profiles'].map(name => join(each, name))),
    ],
    trees: [...configuration],
  }
}

/** When the newest change was made, in milliseconds since the epoch: a file's change time cannot be set by hand. */
export async function lastChange({ entries, directories, trees }: Watched): Promise<number> {
  const times = await Promise.all([
    ...entries.map(changeTime),
    ...directories.map(async path => newestIn(path, 1)),
    ...trees.map(async path => newestIn(path, Infinity)),
  ])
  return Math.max(0, ...times)
}

async function newestIn(path: string, depth: number): Promise<number> {
  const own = await changeTime(path)
  if (depth === 0) return own
  const found = await readdir(path, { withFileTypes: true }).catch(() => [])
  const inside = found.map(async each => {
    const place = join(path, each.name)
    return each.isDirectory() ? newestIn(place, depth - 1) : changeTime(place)
  })
  return Math.max(own, ...(await Promise.all(inside)))
}

/** Of what is not there: 0. That it went away shows in the directory that it was in. */
async function changeTime(path: string): Promise<number> {
  return lstat(path).then(
    found => found.ctimeMs,
    () => 0,
  )
}

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

/** Milliseconds by which the kernel's time of a change may lie before the clock's. */
const GRAIN = 20
/** Milliseconds by which the clock and the time that passes may differ without somebody having set the clock. */
const DRIFT = 1000

/** The clock, and the time that has passed since some moment, both in milliseconds. */
export interface Moment {
  clock: number
  passed: number
}

export function moment(): Moment {
  return { clock: Date.now(), passed: performance.now() }
}

/**
 * Whether anything changed since then. A file's change time cannot be set by hand, but the clock can that it is taken from:
 * times to come are of before it was set back; and if it was set since then, that counts as a change.
 */
export async function changedSince(
  then: Moment,
  { entries, directories, trees }: Watched,
  now = moment,
): Promise<boolean> {
  const times = await Promise.all([
    ...entries.map(changeTime),
    ...directories.map(async path => timesIn(path, 1)),
    ...trees.map(async path => timesIn(path, Infinity)),
  ])
  const end = now()
  if (Math.abs(end.clock - then.clock - (end.passed - then.passed)) > DRIFT) return true
  return times.flat().some(time => time > then.clock - GRAIN && time <= end.clock + GRAIN)
}

async function timesIn(path: string, depth: number): Promise<number[]> {
  const own = await changeTime(path)
  if (depth === 0) return own
  const found = await readdir(path, { withFileTypes: true }).catch(() => [])
  const inside = found.map(async each => {
    const place = join(path, each.name)
    return each.isDirectory() ? timesIn(place, depth - 1) : changeTime(place)
  })
  return [...own, ...(await Promise.all(inside)).flat()]
}

/** Of what is not there: none. That it went away shows in the directory that it was in. */
async function changeTime(path: string): Promise<number[]> {
  return lstat(path).then(
    found => [found.ctimeMs],
    () => [],
  )
}

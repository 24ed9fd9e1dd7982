/** Which places of this system builds need as they are, where those really lie, and what is the outline of the rest. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isForeign } from '../../core/mirror/file-systems.ts'
import { elsewhere } from '../../core/mirror/mounts.ts'
import { isBelow } from '../../core/mirror/paths.ts'
import { linksTo } from '../configuration.ts'
import { mounts } from '../mounts.ts'

/** Programs, headers, libraries and their settings (hier(7)). */
const PROGRAMS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc']
/** The same, unless it is a link to a place of other things. */
const PROGRAMS_OF_OTHERS = ['/opt']
/** What Portage notes of this system (portage(5)). */
const RECORDS = ['/var/db/pkg', '/var/lib/portage', '/var/lib/gentoo', '/var/cache/edb']
/** Where it is shown what there is besides: directories without their contents, and links. */
const OUTLINE = ['/', '/var']
/** Where programs keep what they made for others, each in a directory of its own. */
const STATE = '/var/lib'
/** Bytes, and entries, that such a directory may have. */
const MOST = { bytes: 64 * 2 ** 20, entries: 20_000 }

export interface Trees {
  open: string[]
  /** Of those, what Portage itself reads. */
  records: string[]
  links: string[]
  outline: string[]
  /** Directories within them at which something is mounted that is none of the system's own. */
  foreign: string[]
  /** Files, likewise. */
  covered: string[]
}

/**
 * @param owned the directories that packages have in /var/lib
 * @param shut places that stay
 */
export async function trees(owned: readonly string[], shut: readonly string[]): Promise<Trees> {
  const found: Trees = { open: [], records: [], links: [], outline: [], foreign: [], covered: [] }
  for (const path of [...PROGRAMS, ...PROGRAMS_OF_OTHERS, ...RECORDS]) {
    const { links, real } = await linksTo(path)
    found.links.push(...links)
    if (real === null || (real !== path && PROGRAMS_OF_OTHERS.includes(path))) continue
    found.open.push(real)
    if (RECORDS.includes(path)) found.records.push(real)
  }
  for (const path of owned) if (!shut.includes(path) && (await isMadeForOthers(path))) found.open.push(path)
  for (const directory of OUTLINE) await outline(directory, found)
  const all = await mounts()
  const isOpen = (point: string): boolean => found.open.some(place => isBelow(point, place))
  const others = all.filter(({ point, type }) => isOpen(point) && isForeign(type, point))
  for (const point of [...others.map(each => each.point), ...elsewhere(all, found.open)]) {
    const isDirectory = await lstat(point).then(
      file => file.isDirectory(),
      () => true,
    )
    ;(isDirectory ? found.foreign : found.covered).push(point)
  }
  return found
}

async function outline(directory: string, found: Trees): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) found.outline.push(path)
    else if (entry.isSymbolicLink()) found.links.push(path)
  }
}

/** Directly below /var/lib, root's own, and not large: what services keep for themselves is theirs. */
async function isMadeForOthers(path: string): Promise<boolean> {
  if (!isBelow(path, STATE) || path.split('/').length !== STATE.split('/').length + 1) return false
  const own = await lstat(path).catch(() => null)
  if (!own?.isDirectory() || own.uid !== 0 || (own.mode & 0o005) !== 0o005) return false
  return isSmall(path)
}

async function isSmall(top: string): Promise<boolean> {
  const size = { bytes: 0, entries: 0 }
  const waiting = [top]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const entry of await readdir(path, { withFileTypes: true }).catch(() => [])) {
      size.entries++
      const place = join(path, entry.name)
      if (entry.isDirectory()) waiting.push(place)
      else if (entry.isFile()) size.bytes += (await lstat(place).catch(() => null))?.size ?? 0
      if (size.bytes > MOST.bytes || size.entries > MOST.entries) return false
    }
  }
  return true
}

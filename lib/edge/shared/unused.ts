/**
 * What lies in a store and nobody needs any more. What a plan names that is not over stays, whatever its age and size.
 *
 * When something was last used is when its file was last changed or linked (ctime): whoever publishes a plan touches what of
 * it is there already.
 */
import { chmod, readdir, readFile, rm, stat } from 'node:fs/promises'
import type { Keep, Removed } from '../../core/keep.ts'
import { parseRecordName } from '../../core/store/record.ts'
import { treeOf } from '../tree.ts'
import type { Layout, StoreDirectory } from './layout.ts'

const DAY = 24 * 3600 * 1000
/** What was used within so many milliseconds stays: whoever uses it may not have said so yet. */
const RECENT = DAY

export interface Wanted {
  /** Keys of builds. */
  keys: ReadonlySet<string>
  /** Names of sources. */
  distfiles: ReadonlySet<string>
  /** Whether a run that has a copy of a root may still use it. */
  isRunWanted: (run: string) => Promise<boolean>
}

interface Found {
  name: string
  paths: string[]
  bytes: number
  changed: number
}

/** Notes that a file of the store is wanted: whatever is set is a change, also to what it was. Its own time stays. */
export async function touch(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found) await chmod(path, found.mode & 0o7777).catch(() => undefined)
}

/** Removes it; with `pretend` it only says what. `now`: by Layout.now(). */
export async function cleanStore(
  layout: Layout,
  wanted: Wanted,
  keep: Keep,
  pretend: boolean,
  now: number,
): Promise<Removed[]> {
  const [sources, builds] = [await filesIn(layout, 'distfiles'), await buildsIn(layout)]
  const isWanted = ({ name }: Found): boolean => {
    const [directory, base = ''] = name.split('/')
    return (directory === 'distfiles' ? wanted.distfiles : wanted.keys).has(base)
  }
  let total = [...sources, ...builds].reduce((sum, { bytes }) => sum + bytes, 0)
  const removed: Removed[] = []
  const take = async ({ name, paths, bytes, changed }: Found): Promise<void> => {
    removed.push({ name, bytes, days: Math.floor((now - changed) / DAY) })
    if (!pretend) for (const path of paths) await rm(path, { recursive: true, force: true })
  }
  for (const each of [...sources, ...builds].sort((a, b) => a.changed - b.changed)) {
    const age = now - each.changed
    if (isWanted(each) || age <= RECENT || (age <= keep.days * DAY && total <= keep.bytes)) continue
    total -= each.bytes
    await take(each)
  }
  const oldest = now - keep.days * DAY
  for (const each of await oldRoots(layout, wanted.isRunWanted, oldest)) await take(each)
  for (const each of await filesIn(layout, 'workers')) if (each.changed < oldest) await take(each)
  return removed
}

async function filesIn(layout: Layout, directory: StoreDirectory): Promise<Found[]> {
  const names = (await readdir(layout.in(directory))).filter(name => !name.startsWith('.')).sort()
  return Promise.all(
    names.map(async name => {
      const path = layout.in(directory, name)
      return { name: `${directory}/${name}`, paths: [path], ...(await treeOf(path)) }
    }),
  )
}

/** Each build's files, its records last: until then it is known what the others are. */
async function buildsIn(layout: Layout): Promise<Found[]> {
  const keys = new Map<string, Found>()
  for (const directory of ['results', 'logs', 'signs', 'records'] as const) {
    for (const name of (await readdir(layout.in(directory))).sort()) {
      const [key = ''] = name.split('.')
      if (parseRecordName(`${key}.1.claim`) === null) continue
      const path = layout.in(directory, name)
      const { bytes, changed } = await treeOf(path)
      const build = keys.get(key) ?? { name: `records/${key}`, paths: [], bytes: 0, changed: 0 }
      build.paths.push(path)
      build.bytes += bytes
      build.changed = Math.max(build.changed, changed)
      keys.set(key, build)
    }
  }
  return [...keys.values()]
}

/** The copies of clients none of whose runs is to be reckoned with, and of which nothing was heard since then. */
async function oldRoots(layout: Layout, isRunWanted: Wanted['isRunWanted'], oldest: number): Promise<Found[]> {
  const found: Found[] = []
  for (const client of await readdir(layout.in('roots'))) {
    const names = await readdir(layout.in('roots', client)).catch(() => [])
    const marks = names.filter(name => /^root-\d+\.(run|complete)$/.test(name))
    const times: number[] = [(await stat(layout.in('roots', client))).ctimeMs]
    let isWanted = false
    for (const mark of marks) {
      const path = layout.in('roots', client, mark)
      times.push((await stat(path).catch(() => null))?.ctimeMs ?? Infinity)
      if (mark.endsWith('.run')) isWanted ||= await isRunWanted(await ownerOf(path))
    }
    // A copy itself has the times of the client's root.
    const changed = Math.max(...times)
    if (isWanted || changed >= oldest) continue
    const path = layout.in('roots', client)
    found.push({ name: `roots/${client}`, paths: [path], bytes: (await treeOf(path)).bytes, changed })
  }
  return found
}

async function ownerOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '')
}

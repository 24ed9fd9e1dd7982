/** What the farm left on this system and nobody needs any more: directories of old runs, and of processes that were killed. */
import { readdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Keep, Removed } from '../core/keep.ts'
import { goesOn, isIdentityAlive } from './earlier-runs.ts'
import { orphanedRuntimes } from './runtime.ts'
import { treeOf, type Tree } from './tree.ts'

const DAY = 24 * 3600 * 1000

/**
 * Removes it; with `pretend` it only says what.
 *
 * @param state where the farm keeps what it remembers
 * @param now milliseconds since the epoch
 */
export async function cleanHere(state: string, keep: Keep, pretend: boolean, now = Date.now()): Promise<Removed[]> {
  const removed: Removed[] = []
  const take = async (path: string, name: string, { bytes, changed }: Tree): Promise<void> => {
    removed.push({ name, bytes, days: daysOf(now - changed) })
    if (!pretend) await rm(path, { recursive: true, force: true })
  }
  const runs = join(state, 'runs')
  const names = (await readdir(runs).catch(() => [])).sort()
  const found = await Promise.all(names.map(async run => ({ run, tree: await treeOf(join(runs, run)) })))
  let total = found.reduce((sum, { tree }) => sum + tree.bytes, 0)
  // The oldest first; the newest is what `why` tells of.
  for (const { run, tree } of found.slice(0, -1)) {
    const isOld = now - tree.changed > keep.days * DAY
    if ((!isOld && total <= keep.bytes) || goesOn(state, run) === true) continue
    total -= tree.bytes
    await take(join(runs, run), `runs/${run}`, tree)
  }
  for (const path of await orphanedRuntimes()) await take(path, basename(path), await treeOf(path))
  for (const name of await orphanedPrivate(state)) {
    const path = join(state, PRIVATE, name)
    await take(path, `${PRIVATE}/${name}`, await treeOf(path))
  }
  return removed
}

/** Where an emerge has binary packages that are for itself alone: hooks/portage_farm/private.py. */
const PRIVATE = 'unsigned'

/** Those of them whose process was killed: they are called as it is. */
async function orphanedPrivate(state: string): Promise<string[]> {
  const names = await readdir(join(state, PRIVATE)).catch(() => [])
  return names.filter(name => /^\d+-\d+$/.test(name) && !isIdentityAlive(name.replace('-', ' ')))
}

function daysOf(milliseconds: number): number {
  return Math.max(0, Math.floor(milliseconds / DAY))
}

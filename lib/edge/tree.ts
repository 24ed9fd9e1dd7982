/** How much a directory takes, and when something in it last changed. */
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface Tree {
  bytes: number
  /** Milliseconds since the epoch, by what the kernel notes itself (ctime): nobody can set that. 0: there is nothing. */
  changed: number
}

/** A file counts once, also where it has several names. What goes away meanwhile is passed over. */
export async function treeOf(path: string, seen = new Set<string>()): Promise<Tree> {
  const found = await lstat(path).catch(() => null)
  if (found === null) return { bytes: 0, changed: 0 }
  const inode = `${found.dev}:${found.ino}`
  const bytes = seen.has(inode) ? 0 : found.blocks * 512
  seen.add(inode)
  const tree = { bytes, changed: found.ctimeMs }
  if (!found.isDirectory()) return tree
  for (const name of await readdir(path).catch(() => [])) {
    const below = await treeOf(join(path, name), seen)
    tree.bytes += below.bytes
    tree.changed = Math.max(tree.changed, below.changed)
  }
  return tree
}

/** Removes files from a copy of a root under all their names, as the agent's farm_mirror.py does on a host. */
import { lstat, readdir, realpath, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** `paths`: as they are on the client. Directories, and what is not there, are passed over. */
export async function forget(root: string, paths: readonly string[]): Promise<void> {
  const others = new Set<number>()
  for (const path of paths) {
    const directory = join(root, dirname(path))
    // A link on the way would lead out of the copy.
    if ((await realpath(directory).catch(() => null)) !== directory) continue
    const place = join(directory, basename(path))
    const found = await lstat(place).catch(() => null)
    if (!found || found.isDirectory()) continue
    if (found.isFile() && found.nlink > 1) others.add(found.ino)
    await unlink(place)
  }
  if (others.size > 0) await unlinkAll(root, others)
}

/** A copy is one file system. */
async function unlinkAll(directory: string, numbers: ReadonlySet<number>): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) await unlinkAll(path, numbers)
    else if (entry.isFile() && numbers.has((await lstat(path)).ino)) await unlink(path)
  }
}

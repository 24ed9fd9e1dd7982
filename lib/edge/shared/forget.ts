/** Removes files from a copy of a root under all their names, as the agent's farm_mirror.py does on a host. */
import { lstat, readdir, realpath, unlink } from 'node:fs/promises'

const SLASH = Buffer.from('/')

/** `paths`: as they are on the client, a character for each byte. Directories, and what is not there, are passed over. */
export async function forget(root: string, paths: readonly string[]): Promise<void> {
  const others = new Set<number>()
  for (const path of paths) {
    const place = Buffer.concat([Buffer.from(root), Buffer.from(path, 'latin1')])
    const directory = place.subarray(0, place.lastIndexOf(SLASH))
    // A link on the way would lead out of the copy.
    const real = await realpath(directory, 'buffer').catch(() => null)
    if (real === null || !directory.equals(real)) continue
    const found = await lstat(place).catch(() => null)
    if (!found || found.isDirectory()) continue
    if (found.isFile() && found.nlink > 1) others.add(found.ino)
    await unlink(place)
  }
  if (others.size > 0) await unlinkAll(Buffer.from(root), others)
}

/** A copy is one file system. */
async function unlinkAll(directory: Buffer, numbers: ReadonlySet<number>): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true, encoding: 'buffer' })) {
    const path = Buffer.concat([directory, SLASH, entry.name])
    if (entry.isDirectory()) await unlinkAll(path, numbers)
    else if (entry.isFile() && numbers.has((await lstat(path)).ino)) await unlink(path)
  }
}

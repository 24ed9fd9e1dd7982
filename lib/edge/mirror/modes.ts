/** Whether everybody may read a file by now, by its mode. */
import { lstat } from 'node:fs/promises'

/** Of what is not there: no. */
export async function isForEverybody(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => null)
  return found !== null && found.isFile() && (found.mode & 0o004) !== 0
}

/** Whether everybody may read a file by now, by its mode. */
import { lstat } from 'node:fs/promises'

/** Of what is not there: no. `path`: a character for each byte. */
export async function isForEverybody(path: string): Promise<boolean> {
  const found = await lstat(Buffer.from(path, 'latin1')).catch(() => null)
  return found !== null && found.isFile() && (found.mode & 0o004) !== 0
}

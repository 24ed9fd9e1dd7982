/** Whether what cannot be written here is this system's fault. */
import { randomBytes } from 'node:crypto'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes that must go into a directory which can be written to. */
const PROBE = 1 << 20

/** Whether a directory takes a file of so many bytes now. */
export async function canWrite(directory: string, bytes: number): Promise<boolean> {
  const probe = join(directory, `.portage-farm-${randomBytes(6).toString('hex')}`)
  try {
    const { bavail, bsize } = await statfs(directory)
    if (bavail * bsize < bytes) return false
    await writeFile(probe, Buffer.alloc(PROBE), { flag: 'wx', mode: 0o600, flush: true })
    return true
  } catch {
    return false
  } finally {
    await rm(probe, { force: true }).catch(() => undefined)
  }
}

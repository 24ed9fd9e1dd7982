/** Private directories of processes of ours, for control sockets and lists: gone with the process, or after it was killed. */
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identity, isIdentityAlive } from './earlier-runs.ts'

/** Short, as a control socket's path must be (sun_path has 108 bytes). */
const PREFIX = 'pf-'
const OWNER = 'owner'

export async function makeRuntime(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), PREFIX))
  await writeFile(join(directory, OWNER), identity(process.pid))
  return directory
}

/** Those of this user whose process was killed. */
export async function orphanedRuntimes(): Promise<string[]> {
  const names = (await readdir(tmpdir())).filter(name => name.startsWith(PREFIX))
  const paths = names.map(name => join(tmpdir(), name))
  const orphaned = await Promise.all(paths.map(async path => ((await isOrphaned(path)) ? [path] : [])))
  return orphaned.flat()
}

async function isOrphaned(path: string): Promise<boolean> {
  try {
    const found = await lstat(path)
    // Anybody may make a directory of that name there: mkdtemp(3) makes one that nobody else reaches.
    if (!found.isDirectory() || found.uid !== process.geteuid?.() || (found.mode & 0o077) !== 0) return false
    const owner = await readFile(join(path, OWNER), 'utf8')
    return owner !== '' && !isIdentityAlive(owner)
  } catch {
    // One that is being made, or of an older version.
    return false
  }
}

export async function removeRuntime(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true })
}

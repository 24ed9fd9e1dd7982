/** Files that a host is given before its first boot. */
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** A file by its text, with its mode if that is not 644, or a symbolic link by its target. */
export type SeedFile = string | { text: string; mode: number } | { link: string }

/** Files by their absolute path on the host. */
export type Seed = Record<string, SeedFile>

/** Lays the files out under `directory`. They belong to root; directories that the host has keep their own modes. */
export async function plant(directory: string, seed: Seed): Promise<void> {
  for (const [path, file] of Object.entries(seed)) {
    const target = join(directory, path)
    await mkdir(dirname(target), { recursive: true, mode: 0o755 })
    if (typeof file !== 'string' && 'link' in file) {
      await symlink(file.link, target)
      continue
    }
    const { text, mode } = typeof file === 'string' ? { text: file, mode: 0o644 } : file
    await writeFile(target, text)
    await chmod(target, mode)
  }
}

/** What is mounted where on this machine, and what should be. */
import { readFile, realpath } from 'node:fs/promises'
import type { Mount } from '../core/mirror/mounts.ts'

/** Those of this process's namespace. */
export async function mounts(): Promise<Mount[]> {
  // proc_pid_mountinfo(5): fields 3 to 5 and, after the " - ", 1 and 3.
  const lines = linesOf(await readFile('/proc/self/mountinfo', 'utf8'))
  return lines.map(line => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , device = '', root = '', point = ''] = before.split(' ')
    const [type = '', , options = ''] = after.split(' ')
    const subvolume = /(?:^|,)subvol=([^,]*)/.exec(options)?.[1]
    return {
      point: unescaped(point),
      type,
      device,
      root: unescaped(root),
      subvolume: subvolume === undefined ? null : unescaped(subvolume),
    }
  })
}

/**
 * Whether a directory is there for a file system that is not mounted: what is written there is hidden later, and fills another.
 *
 * @param fstab fstab(5), as text. Default: this machine's
 */
export async function isUnmounted(path: string, fstab?: string): Promise<boolean> {
  const text = fstab ?? (await readFile('/etc/fstab', 'utf8').catch(() => ''))
  const real = await realpath(path)
  const wanted = linesOf(text).map(line => unescaped(line.trim().split(/\s+/)[1] ?? '').replace(/(?<=.)\/+$/, ''))
  return wanted.includes(real) && !(await mounts()).some(({ point }) => point === real)
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line.trim() !== '' && !line.trimStart().startsWith('#'))
}

/** Blanks and the like are written in octal, in both tables. */
function unescaped(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}

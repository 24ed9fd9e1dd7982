/** Puts the shim and the bashrc hook in their places, and takes them away again. */
import { chmod, copyFile, lstat, mkdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SHIM } from '../core/reach.ts'
import { STATE_DIRECTORY } from './client.ts'
import { projectFile } from './project.ts'

const BASHRC = '/etc/portage/bashrc'
export const SNIPPET = '/etc/portage/bashrc.d/50-portage-farm.sh'
const BEGIN = '# >>> portage-farm: reads bashrc.d'
const END = '# <<< portage-farm'

/** No function and no variable: whatever a bashrc defines ends up in every package's environment.bz2. */
const BLOCK = `${BEGIN}
if [[ -r "\${PORTAGE_CONFIGROOT%/}"${SNIPPET} ]]; then
	source "\${PORTAGE_CONFIGROOT%/}"${SNIPPET}
fi
${END}
`

/** Something of the user's is in the way. The message says what, and what to do. */
export class SetupError extends Error {}

/** Returns what was done, a line each. Repeating it changes nothing. */
export async function setup(): Promise<string[]> {
  const shim = projectFile('hooks/emerge')
  const existing = await linkTarget(SHIM)
  if (existing !== null && existing !== shim && !existing.endsWith('/hooks/emerge')) {
    throw new SetupError(`${SHIM} exists and is not portage-farm's: move it away, then run setup again`)
  }
  await mkdir(dirname(SHIM), { recursive: true })
  // The link says by its age which shells are older than the shim: one that is right stays.
  if (existing !== shim) {
    await rm(SHIM, { force: true })
    await symlink(shim, SHIM)
  }
  await chmod(shim, 0o755)

  // The hook notes here that it said something; it cannot make a directory itself.
  await mkdir(STATE_DIRECTORY, { recursive: true })
  await mkdir(dirname(SNIPPET), { recursive: true })
  await copyFile(projectFile('bashrc.d/50-portage-farm.sh'), SNIPPET)
  await chmod(SNIPPET, 0o644)
  const bashrc = await readFile(BASHRC, 'utf8').catch(() => '')
  if (!mentionsBashrcD(bashrc)) await writeFile(BASHRC, bashrc + BLOCK)
  return [`${SHIM} -> ${shim}`, `${SNIPPET}, read by ${BASHRC}`]
}

/** Undoes `setup`. farm.yaml stays. */
export async function unsetup(): Promise<string[]> {
  const done: string[] = []
  if ((await linkTarget(SHIM))?.endsWith('/hooks/emerge')) {
    await rm(SHIM)
    done.push(`${SHIM} removed`)
  }
  await rm(SNIPPET, { force: true })
  done.push(`${SNIPPET} removed`)
  const bashrc = await readFile(BASHRC, 'utf8').catch(() => '')
  const start = bashrc.indexOf(BEGIN)
  if (start >= 0) {
    const end = bashrc.indexOf(END, start)
    const rest = bashrc.slice(0, start) + bashrc.slice(end < 0 ? bashrc.length : end + END.length + 1)
    await (rest === '' ? rm(BASHRC) : writeFile(BASHRC, rest))
    done.push(`${BASHRC} restored`)
  }
  return done
}

/** Whether Portage's bashrc reads the hook, as far as its text tells. */
export async function bashrcReadsSnippet(): Promise<boolean> {
  return mentionsBashrcD(await readFile(BASHRC, 'utf8').catch(() => ''))
}

/** Whether a bashrc reads bashrc.d by itself already, as is customary, or was set up before. */
function mentionsBashrcD(bashrc: string): boolean {
  return bashrc.split('\n').some(line => /bashrc\.d/.test(line) && !/^\s*#/.test(line))
}

async function linkTarget(path: string): Promise<string | null> {
  const found = await lstat(path).catch(() => null)
  if (!found) return null
  return found.isSymbolicLink() ? join(await readlink(path)) : path
}

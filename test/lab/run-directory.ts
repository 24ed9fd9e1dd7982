/** The directory of one running lab, which vanishes with its owner. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RUNS, script } from './place.ts'

export interface RunDirectory {
  path: string
  /** Removes it and resolves when it is gone. Without this call, it is removed when this process ends. */
  remove(): Promise<void>
}

/** A process's number and the moment it started: together they name one process for ever. */
async function identity(pid: number): Promise<string | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  // The second field is the program's name in parentheses, and may contain anything; the start is the 22nd.
  const start = text?.slice(text.lastIndexOf(')') + 2).split(' ')[19]
  return start === undefined ? null : `${pid} ${start}`
}

/** Makes a directory for this process's lab, and removes what earlier ones could not. */
export async function makeRunDirectory(): Promise<RunDirectory> {
  await mkdir(RUNS, { recursive: true })
  await sweep()
  const path = await mkdtemp(join(RUNS, 'run-'))
  await writeFile(join(path, 'owner'), (await identity(process.pid)) ?? '')
  // In a session of its own, since Ctrl-C must not end the one who cleans up after it.
  const janitor = spawn(script('janitor.sh'), [path], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  const exit = once(janitor, 'exit')
  janitor.stdin.on('error', () => undefined)
  janitor.unref()
  ;(janitor.stdin as unknown as { unref(): void }).unref()
  return {
    path,
    async remove() {
      janitor.ref()
      janitor.stdin.end()
      await exit
    },
  }
}

/** Removes the directories whose owner is dead: the janitor may have been killed too, or the machine switched off. */
async function sweep(): Promise<void> {
  for (const name of await readdir(RUNS)) {
    if (!name.startsWith('run-')) continue
    const path = join(RUNS, name)
    const owner = await readFile(join(path, 'owner'), 'utf8').catch(() => '')
    // One that is just being made has no owner yet.
    const made = await stat(path).catch(() => null)
    if (made === null || (owner === '' && Date.now() - made.ctimeMs < 60_000)) continue
    if (owner !== '' && (await identity(Number(owner.split(' ')[0]))) === owner) continue
    await rm(path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** What a lab has on this machine, and must not leave there. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** The processes of this machine that have something of a lab: its mounts, or its directory as an argument. */
export async function traces(directory: string): Promise<string[]> {
  const found: string[] = []
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue
    for (const file of ['mountinfo', 'cmdline']) {
      const text = await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
      if (text.includes(directory)) found.push(`${pid} ${file}`)
    }
  }
  return found
}

/** Waits until nothing of a lab is left, at most 20 s. */
export async function vanished(directory: string): Promise<string[]> {
  let left: string[] = []
  for (let i = 0; i < 200; i++) {
    left = [...(await traces(directory)), ...(existsSync(directory) ? [directory] : [])]
    if (left.length === 0) break
    await sleep(100)
  }
  return left
}

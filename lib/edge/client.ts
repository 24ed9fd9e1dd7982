/** Facts about the client: who it is, what is mounted where. */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { execa } from 'execa'

/** Where the farm keeps what it remembers on the client. */
export const STATE_DIRECTORY = '/var/lib/portage-farm'

/**
 * The name under which hosts keep this client's root: its machine-id (machine-id(5)), or, on a system that has none,
 * one that is made up once and kept.
 */
export async function clientId(): Promise<string> {
  const own = `${STATE_DIRECTORY}/client-id`
  for (const path of ['/etc/machine-id', '/var/lib/dbus/machine-id', own]) {
    const id = (await readFile(path, 'utf8').catch(() => '')).trim()
    if (/^[0-9a-f]{32}$/.test(id)) return id
  }
  const id = randomBytes(16).toString('hex')
  await mkdir(dirname(own), { recursive: true })
  await writeFile(own, id + '\n')
  return id
}

/** CHOST, and the flags that packages are compiled with, as Portage is configured; empty where there is no Portage. */
export async function configuredFlags(): Promise<Record<string, string>> {
  const names = ['CHOST', 'CFLAGS', 'CXXFLAGS', 'RUSTFLAGS']
  const { stdout, exitCode } = await execa('portageq', ['envvar', ...names], { reject: false, stdin: 'ignore' })
  // One line for each, empty where it is not set.
  const values = exitCode === 0 || exitCode === 1 ? stdout.split('\n') : []
  return Object.fromEntries(names.flatMap((name, index) => (values[index] ? [[name, values[index]]] : [])))
}

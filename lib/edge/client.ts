/** Facts about the client: who it is, what is mounted where. */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'

/** Where the farm keeps what it remembers on the client. */
export const STATE_DIRECTORY = '/var/lib/portage-farm'

/** Where a system's machine-id is (machine-id(5)). */
const MACHINE_IDS = ['/etc/machine-id', '/var/lib/dbus/machine-id']

/**
 * The name under which hosts and stores keep this client's root: its machine-id, with something made up once behind it, as
 * systems that were made from one image have one machine-id. Where there is no machine-id it is all made up.
 *
 * A system that has farmed when its name was the machine-id alone keeps that, as its copies on hosts have that name; one that
 * got another machine-id, as an image does that is made a machine of its own, gets another name.
 *
 * @param state where the farm keeps what it remembers, among it this name
 */
export async function clientId(state = STATE_DIRECTORY, machineIds: readonly string[] = MACHINE_IDS): Promise<string> {
  const own = join(state, 'client-id')
  const read = async (path: string): Promise<string> => (await readFile(path, 'utf8').catch(() => '')).trim()
  const machine = (await Promise.all(machineIds.map(read))).find(id => /^[0-9a-f]{32}$/.test(id))
  const before = await read(own)
  if (/^[0-9a-f]{32}(-[0-9a-f]{8})?$/.test(before) && (machine === undefined || before.startsWith(machine)))
    return before
  const madeUp = randomBytes(machine === undefined ? 16 : 4).toString('hex')
  const id = machine === undefined ? madeUp : before === '' && hasFarmed(state) ? machine : `${machine}-${madeUp}`
  try {
    return await keep(own, id, existsSync(own) ? rename : link)
  } catch (error) {
    // A user who only asks hosts how they are has no part in what root keeps.
    if (machine !== undefined && ['EACCES', 'EPERM', 'EROFS'].includes(codeOf(error))) return machine
    throw error
  }
}

/** Puts an id into its file, and returns what is there then: of several that are first at once, one counts. */
async function keep(own: string, id: string, put: typeof link): Promise<string> {
  await mkdir(dirname(own), { recursive: true })
  const whole = `${own}.${randomBytes(4).toString('hex')}`
  try {
    await writeFile(whole, id + '\n')
    await put(whole, own).catch((error: unknown) => {
      if (codeOf(error) !== 'EEXIST') throw error
    })
  } finally {
    await rm(whole, { force: true })
  }
  return (await readFile(own, 'utf8')).trim()
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/** Whether runs of this system have begun to build, by what is left of them. */
function hasFarmed(state: string): boolean {
  const runs = join(state, 'runs')
  return existsSync(runs) && readdirSync(runs).some(run => existsSync(join(runs, run, 'events.jsonl')))
}

/** CHOST, and the flags that packages are compiled with, as Portage is configured; empty where there is no Portage. */
export async function configuredFlags(): Promise<Record<string, string>> {
  const names = ['CHOST', 'CFLAGS', 'CXXFLAGS', 'RUSTFLAGS']
  const { stdout, exitCode } = await execa('portageq', ['envvar', ...names], { reject: false, stdin: 'ignore' })
  // One line for each, empty where it is not set.
  const values = exitCode === 0 || exitCode === 1 ? stdout.split('\n') : []
  return Object.fromEntries(names.flatMap((name, index) => (values[index] ? [[name, values[index]]] : [])))
}

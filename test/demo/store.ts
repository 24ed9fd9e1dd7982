/** The farm of the demonstration without a network: workers that share a directory with the client. */
import { setTimeout as sleep } from 'node:timers/promises'
import { connections } from '../lab/isolation.ts'
import { type Lab, STORE } from '../lab/lab.ts'
import type { Running } from '../lab/running.ts'
import type { Farm } from './farm.ts'

/** How much of the store is listed. */
const LINES = 40

/** The workers' commands. */
const working = new Map<string, Running>()

export const store: Farm = {
  opening: 'Starting a client with Portage and three workers without a compiler, and no network',
  options: { store: true, workers: 3 },

  async begin(lab, tell) {
    const found = await connections(lab.hosts)
    if (found.length > 0) throw new Error(`the hosts are connected: ${found.join(', ')}`)
    tell(
      `\nNo host has a network: each is in a network namespace of its own with nothing but a loopback (checked). What they` +
        `\nshare is the directory ${STORE}.\n\n`,
    )
    const command = ['portage-farm', 'work', STORE, '--jobs', '1']
    for (const worker of lab.workers) {
      tell(`${worker.name} # ${command.join(' ')}\n`)
      working.set(worker.name, worker.spawn(command))
    }
    // One that cannot work says so at once; nobody waits for the others.
    await sleep(1000)
    for (const [name, { ended, output }] of working) if (ended) throw new Error(`${name} does not work:\n${output}`)
  },

  said: () => [...working].map(([name, { output }]) => `${name}:\n${output}`).join(''),

  async end(lab, tell) {
    tell(`\nWhat is in ${STORE} now:\n${await listing(lab)}`)
    for (const [name, running] of working) {
      await running.killAlone('SIGTERM')
      const { code, all } = await running.within(30)
      if (code !== 0) throw new Error(`${name} ended with ${code}:\n${all}`)
    }
    tell(`\nThe workers were told to stop, and did.\n`)
  },
}

/** The store's directories and what is in them, two deep. */
async function listing({ client }: Lab): Promise<string> {
  const find = ['find', '.', '-mindepth', '1', '-maxdepth', '2', '-printf', '%P\\t%y\\n']
  const found = (await client.must(find, { cwd: STORE })).trim().split('\n').sort()
  const lines = found
    .slice(0, LINES)
    .map(line => `  ${line.replace(/\t(.)$/, (_, type) => (type === 'd' ? '/' : ''))}\n`)
  return lines.join('') + (found.length > LINES ? `  … and ${found.length - LINES} more\n` : '')
}

/** What can go wrong on a farm that is only a shared directory: what of the others applies, and what workers add. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../lib/core/schedule/random.ts'
import type { LabHost } from '../lab/host.ts'
import { keepWorking } from '../lab/worker.ts'
import { completesTwice, FAULTS, type Fault, kill, onBuilder, seconds } from './faults.ts'

/** Seconds of a worker's lease. */
const LEASE = 6

/** The worker itself, and not the shell that begins it again. */
const WORKER = '^[^ ]*node .*[p]ortage-farm work'

/** Has a worker at work on a host for as long as that is up. */
export function workOn(host: LabHost): void {
  keepWorking(host, '--lease', `${LEASE}`)
}

async function loseStore(host: LabHost, random: Random): Promise<void> {
  await host.loseStore()
  await seconds(random, 1, 2 * LEASE)
  await host.findStore()
}

/** Those that need a connection, or are done to one, are no faults of a store. */
const CONNECTED = ['network-cut', 'sshd-killed', 'ssh-killed', 'client-killed', 'host-killed', 'duplicate-completion']

export const STORE_FAULTS: Readonly<Record<string, Fault>> = {
  ...Object.fromEntries(Object.entries(FAULTS).filter(([kind]) => !CONNECTED.includes(kind))),
  'client-killed': {
    choose: ({ client }) => client,
    strike: async client => {
      await client.run(['sh', '-c', "pkill -9 -f '[c]li.js bridge'; pkill -9 -f '[e]merge .*app-toy'"])
      return null
    },
  },
  'host-killed': onBuilder(async (host, random) => {
    await host.stop()
    await seconds(random, 2, 15)
    await host.start()
    workOn(host)
  }),
  'worker-killed': onBuilder(async host => kill(host, WORKER)),
  'worker-asleep': onBuilder(async host => {
    await host.run(['pkill', '-STOP', '-f', WORKER])
    await sleep(2 * LEASE * 1000)
    await host.run(['pkill', '-CONT', '-f', WORKER])
  }),
  // Less than a lease, and more.
  'store-lost': onBuilder(loseStore),
  'store-lost-here': {
    choose: ({ client }) => client,
    strike: async (client, random) => {
      await loseStore(client, random)
      return null
    },
  },
  'duplicate-completion': completesTwice(2 * LEASE + 2, 'farm_', 'work'),
}

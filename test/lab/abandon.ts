/**
 * abandon [cached|nfs] — starts a lab, says where, and waits to be killed: what it leaves behind is the test's question. With a
 * word it is a lab whose hosts share a directory through caches, or by NFS.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from './lab.ts'
import { canThrottle } from './throttle.ts'

const store = ([undefined, 'cached', 'nfs'] as const).find(each => each === process.argv[2])
const lab = await Lab.start({ install: false, ...(store === undefined ? { builders: 1 } : { store, workers: 1 }) })
if (canThrottle()) await lab.client.throttle(1)
console.log(lab.directory)
await sleep(600_000)

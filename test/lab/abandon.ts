/**
 * abandon [cached] — starts a lab, says where, and waits to be killed: what it leaves behind is the test's question. With the
 * word it is a lab whose hosts share a directory through caches.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from './lab.ts'
import { canThrottle } from './throttle.ts'

const isCached = process.argv[2] === 'cached'
const lab = await Lab.start({ install: false, ...(isCached ? { store: 'cached', workers: 1 } : { builders: 1 }) })
if (canThrottle()) await lab.client.throttle(1)
console.log(lab.directory)
await sleep(600_000)

/** A program that starts a lab, says where, and waits to be killed: what it leaves behind is the test's question. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from './lab.ts'
import { canThrottle } from './throttle.ts'

const lab = await Lab.start({ install: false, builders: 1 })
if (canThrottle()) await lab.client.throttle(1)
console.log(lab.directory)
await sleep(600_000)

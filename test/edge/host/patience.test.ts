import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { AgentError } from '../../../lib/edge/host/agent.ts'
import { Patience } from '../../../lib/edge/host/patience.ts'

t.setTimeout(10_000)

const never = new Promise<never>(() => undefined)

void t.test('an answer in time, one that fails, and none', async t => {
  t.equal(await new Patience(5, 'late').whileWaiting(Promise.resolve(7)), 7)
  await t.rejects(new Patience(5, 'late').whileWaiting(Promise.reject(new Error('no'))), { message: 'no' })
  const error: unknown = await new Patience(0.05, 'late').whileWaiting(never).catch((error: unknown) => error)
  t.type(error, AgentError)
  t.match(error, { message: 'late' })
})

void t.test('as long as something is heard it is waited for', async t => {
  const patience = new Patience(0.3, 'late')
  const began = performance.now()
  const waiting = t.rejects(patience.whileWaiting(never), { message: 'late' })
  for (let heard = 0; heard < 4; heard++) {
    await sleep(150)
    patience.heard()
  }
  await waiting
  t.ok(performance.now() - began > 850)
})

void t.test('for ever, until it is told otherwise', async t => {
  const patience = new Patience(0, 'late')
  const waiting = t.rejects(patience.whileWaiting(never), { message: 'late' })
  await sleep(100)
  patience.set(0.05)
  await waiting
})

void t.test('once nobody waits any more, no timer keeps the process', async t => {
  const timers = (): number => process.getActiveResourcesInfo().filter(each => each === 'Timeout').length
  const before = timers()
  const patience = new Patience(60, 'late')
  await t.rejects(patience.whileWaiting(Promise.reject(new Error('it is gone'))), { message: 'it is gone' })
  patience.heard()
  patience.set(60)
  t.equal(timers(), before)
})

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { Patience } from '../../../lib/edge/host/patience.ts'

const timers = (): number => process.getActiveResourcesInfo().filter(each => each === 'Timeout').length

t.test('nothing is heard for too long', async t => {
  const patience = new Patience(0.01, 'too long')
  await t.rejects(patience.whileWaiting(sleep(1000)), { message: 'too long' })
})

t.test('what is heard counts anew', async t => {
  const patience = new Patience(0.2, 'too long')
  const hearing = setInterval(() => {
    patience.heard()
  }, 20)
  t.teardown(() => {
    clearInterval(hearing)
  })
  t.equal(await patience.whileWaiting(sleep(500, 'answer')), 'answer')
})

t.test('once nobody waits any more, no timer keeps the process', async t => {
  const before = timers()
  const patience = new Patience(60, 'too long')
  await t.rejects(patience.whileWaiting(Promise.reject(new Error('it is gone'))), { message: 'it is gone' })
  patience.heard()
  patience.set(60)
  t.equal(timers(), before)
})

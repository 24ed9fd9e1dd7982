import { appendFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { changedSince, type Moment, moment } from '../../lib/edge/client-changes.ts'

const HOUR = 3_600_000

void t.test('whether a system changed since a moment', async t => {
  const root = t.testdir({ trees: { a: { deep: 'x' } }, directories: { b: {} } })
  const watched = {
    entries: [join(root, 'absent')],
    directories: [join(root, 'directories')],
    trees: [join(root, 'trees')],
  }
  // Longer than the kernel's clock lags behind.
  await sleep(50)
  const then = moment()
  t.equal(await changedSince(then, watched), false)
  const later = (clock: number, passed: number) => (): Moment => ({
    clock: then.clock + clock,
    passed: then.passed + passed,
  })
  t.equal(await changedSince(then, watched, later(60_000, 60_300)), false, 'a clock that is made a little slower')
  t.equal(await changedSince(then, watched, later(HOUR, 60_000)), true, 'a clock that was set forward meanwhile')
  t.equal(await changedSince(then, watched, later(-HOUR, 60_000)), true, 'a clock that was set back meanwhile')

  const before: Moment = { clock: then.clock - HOUR, passed: then.passed }
  const now = (): Moment => ({ clock: before.clock + 5000, passed: before.passed + 5000 })
  t.equal(await changedSince(before, watched, now), false, 'it was set back before: times to come tell nothing')

  appendFileSync(join(root, 'trees/a/deep'), 'y')
  t.ok(statSync(join(root, 'trees/a/deep')).ctimeMs > then.clock - 20)
  t.equal(await changedSince(then, watched), true, 'a file deep in a tree')
})

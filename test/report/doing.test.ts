import t from 'tap'
import { DoingFold } from '../../lib/report/doing.ts'
import { stamped } from '../core/support.ts'

void t.test('what the hosts do, event by event', t => {
  const fold = new DoingFold()
  const looks: unknown[] = []
  const events = stamped(
    { type: 'job-started', package: 'a', host: 'big', attempt: 1, cores: 1 },
    { type: 'phase', package: 'a', host: 'big', phase: 'compile' },
    { type: 'attempt-failed', package: 'a', host: 'big', fault: 'host', reason: 'gone', log: null },
    { type: 'job-started', package: 'a', host: 'small', attempt: 2, cores: 1 },
    { type: 'committed', package: 'a', host: 'small', path: '/a', seconds: 1 },
    { type: 'phase', package: 'a', host: 'small', phase: 'too late' },
  )
  for (const event of events) {
    fold.apply(event)
    looks.push(Object.fromEntries([...fold.jobs].map(([id, job]) => [id, { ...job }])))
  }
  t.strictSame(looks, [
    { a: { since: 0, phase: '' } },
    { a: { since: 0, phase: 'compile' } },
    {},
    { a: { since: 3000, phase: '' } },
    {},
    {},
  ])
  t.end()
})

void t.test('how far the copies are', t => {
  const fold = new DoingFold()
  for (const event of stamped(
    { type: 'mirror-progress', host: 'big', bytes: 1, percent: 2 },
    { type: 'mirror-progress', host: 'big', bytes: 3, percent: 4 },
  )) {
    fold.apply(event)
  }
  t.strictSame([...fold.copies], [['big', { bytes: 3, percent: 4 }]])
  t.end()
})

import t from 'tap'
import { cleanedLines } from '../../lib/report/cleaned.ts'

void t.test('what went where', t => {
  const removed = [
    { name: 'distfiles/a.tar', bytes: 3 * 2 ** 20, days: 70 },
    { name: 'old', bytes: 2 ** 30, days: 1 },
  ]
  const places = [
    { place: 'this machine', removed: [] },
    { place: 'big', removed },
    { place: 'small', reason: 'it does not answer' },
  ]
  t.strictSame(cleanedLines(places, true), [
    'this machine: nothing to remove',
    'big: would remove 1.0 GiB',
    '  distfiles/a.tar (3.0 MiB, last used 70 days ago)',
    '  old (1.0 GiB, last used a day ago)',
    'small: could not be cleaned (it does not answer)',
  ])
  t.match(cleanedLines(places, false)[1], 'big: removed 1.0 GiB')
  t.end()
})

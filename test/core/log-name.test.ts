import t from 'tap'
import { isLogOf } from '../../lib/core/log-name.ts'

void t.test('the names that Portage gives to logs of a package', t => {
  for (const log of ['a-b/c++-1.2_p3-r4', 'build/a-b/c++-1.2_p3-r4', 'a-b:c++-1.2_p3-r4']) {
    for (const end of [':20260101-000000.log', ':20260101-000000.log.gz']) {
      t.equal(isLogOf(log + end, 'a-b/c++-1.2_p3-r4'), !log.startsWith('a-b/'), log + end)
    }
  }
  t.ok(isLogOf('a/b-1'.replace('/', '--') + '--20260101-000000.log', 'a/b-1', '--'))
  t.ok(isLogOf('a.*b-1.*20260101-000000.log', 'a/b-1', '.*'))
  t.end()
})

void t.test('all others', t => {
  const others = [
    ...['a:b-1:20260101-000000.log\n', 'a:b-1:2026010-000000.log', 'a:b-1:20260101-000000.log.bz2', 'a:b-1:.log', ''],
    ...['a:b-2:20260101-000000.log', 'a:bb-1:20260101-000000.log', 'x/a:b-1:20260101-000000.log', 'emerge.log'],
    ...['build/a/../a/b-1:20260101-000000.log', '../a:b-1:20260101-000000.log', 'a:b-1:٢٠٢٦٠١٠١-٠٠٠٠٠٠.log'],
    ...['a--b-1--20260101-000000.log', 'elog/a:b-1:20260101-000000.log', 'a:bx1:20260101-000000.log'],
  ]
  for (const log of others) t.notOk(isLogOf(log, 'a/b-1'), JSON.stringify(log))
  t.end()
})

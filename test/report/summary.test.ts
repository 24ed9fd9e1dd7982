import t from 'tap'
import type { Happening } from '../../lib/core/event.ts'
import { packageReports, summaryLines } from '../../lib/report/summary.ts'
import { stamped } from '../core/support.ts'

const planned = (name: string): Happening => ({
  type: 'planned',
  package: `cat/${name}-1::gentoo`,
  cpv: `cat/${name}-1`,
  needs: [],
  rank: 1,
  where: 'farm',
})
const started = (name: string, host: string): Happening => ({
  type: 'job-started',
  package: `cat/${name}-1::gentoo`,
  host,
  attempt: 1,
  cores: 1,
})
const built = (name: string, host: string, seconds: number): Happening[] => [
  { type: 'built', package: `cat/${name}-1::gentoo`, host, seconds, bytes: 1 },
  { type: 'committed', package: `cat/${name}-1::gentoo`, host, path: '/x', seconds },
]
const id = (name: string): string => `cat/${name}-1::gentoo`

const run = stamped(
  { type: 'run-started', run: 'r', version: '1', portage: '3', hosts: ['big', 'small'] },
  planned('a'),
  planned('b'),
  planned('c'),
  planned('d'),
  planned('e'),
  { type: 'committed', package: id('e'), host: 'here', path: '/x', seconds: 0 },
  { type: 'mirror-finished', host: 'big', bytes: 1_572_864, size: 9_000_000, seconds: 1 },
  started('a', 'small'),
  { type: 'attempt-failed', package: id('a'), host: 'small', fault: 'host', reason: 'gone', log: null },
  started('a', 'big'),
  ...built('a', 'big', 60),
  started('b', 'big'),
  ...built('b', 'big', 5),
  { type: 'attempt-failed', package: id('c'), host: 'small', fault: 'package', reason: 'no', log: '/c.log' },
  { type: 'attempt-failed', package: id('c'), host: 'big', fault: 'package', reason: 'no', log: '/c.log' },
  { type: 'home-started', package: id('c') },
  { type: 'committed', package: id('c'), host: 'home', path: '/x', seconds: 0 },
  { type: 'installed', package: id('a') },
  { type: 'failed', package: id('d'), reason: 'the build failed', log: '/var/log/d.log' },
  { type: 'run-ended', code: 1 },
)

void t.test('what became of each package', t => {
  const reports = packageReports(run)
  t.strictSame(
    reports.map(each => each.package),
    ['a', 'b', 'c', 'd', 'e'].map(id),
    'in merge list order',
  )
  t.strictSame(reports[0], {
    package: id('a'),
    host: 'big',
    started: 10_000,
    committed: 12_000,
    installed: 20_000,
    path: '/x',
    failed: null,
    log: null,
  })
  t.match(reports[2], { host: 'home', started: 18_000, committed: 19_000, installed: null })
  t.match(reports[3], { host: null, committed: null, failed: 'the build failed', log: '/var/log/d.log' })
  t.strictSame(packageReports([]), [])
  t.strictSame(packageReports(stamped({ type: 'installed', package: 'stranger' })), [])
  t.end()
})

void t.test('a package that could not be installed', t => {
  t.match(packageReports(stamped(planned('a'), { type: 'install-failed', package: id('a') })), [
    { failed: 'it could not be installed' },
  ])
  t.end()
})

void t.test('the lines', t => {
  t.strictSame(summaryLines(run), [
    '3 of 5 packages built in 22s',
    '  big: 2 in 1m05s of building: a-1, b-1',
    '  home: 1: c-1',
    '  built here, after it failed on small and big: cat/c-1::gentoo',
    '  sent to keep the hosts like this system: 1.5 MiB',
    '  failed: cat/d-1::gentoo: the build failed, /var/log/d.log',
  ])
  t.end()
})

void t.test('where nothing was built and nothing failed there is nothing to say', t => {
  t.strictSame(summaryLines([]), [])
  t.strictSame(summaryLines(stamped(planned('a'))), [])
  const here: Happening = { type: 'committed', package: id('a'), host: 'here', path: '/x', seconds: 0 }
  t.strictSame(summaryLines(stamped(planned('a'), here)), [])
  t.end()
})

void t.test('a failure is told also where nothing was built', t => {
  t.strictSame(
    summaryLines(stamped(planned('a'), { type: 'failed', package: id('a'), reason: 'it broke', log: null })),
    ['0 of 1 packages built in 1s', '  failed: cat/a-1::gentoo: it broke'],
  )
  t.end()
})

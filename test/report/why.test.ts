import t from 'tap'
import type { Happening } from '../../lib/core/event.ts'
import { findPackages, packagesOf, whyLines } from '../../lib/report/why.ts'
import { stamped } from '../core/support.ts'

const id = (name: string): string => `cat/${name}-1::gentoo`
const planned = (name: string, needs: string[] = [], where: 'farm' | 'home' | 'ready' = 'farm'): Happening => ({
  type: 'planned',
  package: id(name),
  cpv: `cat/${name}-1`,
  needs: needs.map(id),
  rank: 1,
  where,
})
const committed = (name: string, host: string): Happening => ({
  type: 'committed',
  package: id(name),
  host,
  path: '/x',
  seconds: 1,
})
const begun: Happening = { type: 'run-started', run: 'r', version: '1', portage: '3', hosts: ['big', 'small'] }

void t.test('a package is found by any of its names', t => {
  const events = stamped(begun, planned('lib-c2'), planned('app'), {
    ...planned('app'),
    type: 'planned',
    package: 'cat/app-2.1_rc3-r4::local (binary)',
  } as Happening)
  const second = 'cat/app-2.1_rc3-r4::local (binary)'
  t.strictSame(packagesOf(events), [id('lib-c2'), id('app'), second])
  t.strictSame(findPackages(events, 'app'), [id('app'), second])
  for (const words of ['app-2.1_rc3-r4', '=cat/app-2.1_rc3-r4', 'cat/app-2.1_rc3-r4::local', second]) {
    t.strictSame(findPackages(events, words), [second], words)
  }
  t.strictSame(findPackages(events, 'cat/lib-c2'), [id('lib-c2')])
  t.strictSame(findPackages(events, 'lib'), [])
  t.end()
})

void t.test('the whole way of a package, with its reasons', t => {
  const events = stamped(
    begun,
    planned('x'),
    planned('y'),
    planned('a', ['x', 'y']),
    committed('y', 'big'),
    committed('x', 'small'),
    { type: 'package-ready', package: id('a') },
    { type: 'host-ready', host: 'big', jobs: 2 },
    {
      type: 'job-started',
      package: id('a'),
      host: 'big',
      attempt: 1,
      cores: 1,
      why: ['farm.yaml prefers big for cat/*'],
    },
    { type: 'root-chosen', package: id('a'), host: 'big', root: 'r1', installs: [id('x')] },
    { type: 'build-started', package: id('a'), host: 'big' },
    { type: 'phase', package: id('a'), host: 'big', phase: 'compile' },
    { type: 'attempt-failed', package: id('a'), host: 'big', fault: 'host', reason: 'gone', log: '/a.log' },
    { type: 'job-started', package: id('a'), host: 'small', attempt: 2, cores: 1, why: ['it failed on big'] },
    { type: 'built', package: id('a'), host: 'small', seconds: 62, bytes: 2048 },
    committed('a', 'small'),
    { type: 'installed', package: id('a') },
  )
  t.strictSame(whyLines(events, id('a')), [
    'cat/a-1::gentoo',
    '  +3s      for the farm; its build needs 2 packages of this merge list',
    '  +6s      ready: then cat/x-1::gentoo was committed',
    '  +8s      to big: it waited 2s, also until big could build; farm.yaml prefers big for cat/*',
    '  +9s      installs there what it needs: cat/x-1::gentoo',
    '  +10s     its build began',
    '  +12s     failed on big (the host’s failure): gone (/a.log)',
    '  +13s     to small, attempt 2: it waited 1s for small; it failed on big',
    '  +14s     built in 1m02s, 2.0 KiB',
    '  +15s     as planned: others may build with it',
    '  +16s     installed',
  ])
  t.end()
})

void t.test('what stays here, fails, or is withdrawn', t => {
  const tail = (...happenings: Happening[]): string[] =>
    whyLines(stamped(begun, ...happenings), id('a'))
      .slice(1)
      .map(line => line.slice(11))
  t.strictSame(
    tail(
      planned('a', ['x'], 'home'),
      { type: 'sent-home', package: id('a'), reason: 'RESTRICT=fetch' },
      { type: 'home-started', package: id('a') },
      committed('a', 'home'),
      { type: 'install-failed', package: id('a') },
    ),
    [
      'to be built here; its build needs 1 package of this merge list',
      'stays here: RESTRICT=fetch',
      'its build here began',
      'built here: hosts may build with it',
      'could not be installed',
    ],
  )
  t.strictSame(tail(planned('a', [], 'ready'), committed('a', 'here')), [
    'a binary package',
    'its binary package was here already',
  ])
  t.strictSame(
    tail(planned('a'), { type: 'package-ready', package: id('a') }, { type: 'withdrawn', package: id('a'), by: null }),
    ['for the farm', 'ready: it needs nothing that is not here', 'not built in this run, which was stopped'],
  )
  t.strictSame(tail({ type: 'withdrawn', package: id('a'), by: 'cat/b' }), [
    'not built in this run, since cat/b failed',
  ])
  t.strictSame(tail({ type: 'failed', package: id('a'), reason: 'it broke', log: '/l' }), ['given up: it broke (/l)'])
  t.end()
})

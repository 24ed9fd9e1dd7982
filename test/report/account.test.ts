import t from 'tap'
import type { FarmEvent, Happening } from '../../lib/core/event.ts'
import { accountLines, accountOf } from '../../lib/report/account.ts'

/** Events with the seconds at which they happen. */
function at(...rows: [number, Happening][]): FarmEvent[] {
  return rows.map(([seconds, happening], seq) => ({ ...happening, at: 1_000_000 + seconds * 1000, seq }))
}

const planned = (id: string, ...needs: string[]): [number, Happening] => [
  0,
  { type: 'planned', package: id, cpv: id, needs, rank: 1, where: 'farm' },
]
const started = (id: string, host: string, attempt = 1): Happening => ({
  type: 'job-started',
  package: id,
  host,
  attempt,
  cores: 1,
})
const built = (id: string, host: string, seconds: number): Happening => ({
  type: 'built',
  package: id,
  host,
  seconds,
  bytes: 1,
})
const committed = (id: string, host: string): Happening => ({
  type: 'committed',
  package: id,
  host,
  path: '/x',
  seconds: 1,
})

/** b needs a; a waits for the host, fails on it, and is built on another; c is beside them. */
const events = at(
  [0, { type: 'run-started', run: 'r', version: '1', portage: '3', hosts: ['big', 'small'] }],
  planned('cat/a-1::x'),
  planned('cat/c-1::x'),
  planned('cat/b-1::x', 'cat/a-1::x'),
  [0, { type: 'package-ready', package: 'cat/a-1::x' }],
  [0, { type: 'package-ready', package: 'cat/c-1::x' }],
  [10, { type: 'host-ready', host: 'big', jobs: 1 }],
  [12, { type: 'host-ready', host: 'small', jobs: 1 }],
  [13, started('cat/a-1::x', 'big')],
  [13, started('cat/c-1::x', 'small')],
  [20, { type: 'attempt-failed', package: 'cat/a-1::x', host: 'big', fault: 'host', reason: 'it broke', log: null }],
  [22, started('cat/a-1::x', 'small', 2)],
  [25, { type: 'build-started', package: 'cat/a-1::x', host: 'small' }],
  [57, built('cat/a-1::x', 'small', 30)],
  [58, committed('cat/a-1::x', 'small')],
  [58, { type: 'package-ready', package: 'cat/b-1::x' }],
  [60, started('cat/b-1::x', 'small')],
  [61, { type: 'build-started', package: 'cat/b-1::x', host: 'small' }],
  [71, built('cat/b-1::x', 'small', 10)],
  [71.5, built('cat/c-1::x', 'small', 5)],
  [71.6, committed('cat/c-1::x', 'small')],
  [72, committed('cat/b-1::x', 'small')],
)

t.test('the chain that decided, and what happened on it', async t => {
  const account = accountOf(events)
  t.ok(account)
  if (!account) return
  t.strictSame(account.chain, ['cat/a-1::x', 'cat/b-1::x'])
  t.equal(account.achieved, 72)
  t.equal(account.ideal, 40, 'a, then b')
  t.equal(account.limit, 'path')
  const { spent } = account
  t.strictSame(
    { ...spent, returning: spent.returning.toFixed(3) },
    // a: 10 s without any host, 3 s for one, 9 s in vain, 3 s installing, 30 s building, 3 s back; b: 2, 0, 1, 10, 1.
    { building: 40, hosts: 10, waiting: 5, preparing: 4, returning: '4.000', retry: 9 },
  )
  const sum = Object.values(spent).reduce((all, each) => all + each, 0)
  t.equal(sum.toFixed(6), '72.000000', 'nothing is left out')
  t.strictSame(accountLines(account, 0), [
    'hosts were done in 1m12s; these builds take 40s at best (their longest chain)',
    '  what decided it: a-1, b-1: 40s building, 10s until a host could build, 5s waiting for a host, ' +
      '4s sending and installing what builds need, 4s bringing packages back and comparing them, 9s attempts that failed or were overtaken',
  ])
  t.match(accountLines(account, 12).at(-1), 'with right estimates it would have been about 12s less')
})

t.test('a package that failed on a host and was built here', async t => {
  const account = accountOf(
    at(
      planned('a'),
      planned('b', 'a'),
      [0, { type: 'package-ready', package: 'a' }],
      [0, { type: 'host-ready', host: 'big', jobs: 1 }],
      [1, started('a', 'big')],
      [4, { type: 'attempt-failed', package: 'a', host: 'big', fault: 'package', reason: 'it broke', log: null }],
      [4, { type: 'sent-home', package: 'a', reason: 'it broke' }],
      [24, committed('a', 'home')],
      [24, { type: 'package-ready', package: 'b' }],
      [24, started('b', 'big')],
      [24, { type: 'build-started', package: 'b', host: 'big' }],
      [34, built('b', 'big', 10)],
      [34, committed('b', 'big')],
    ),
  )
  t.match(account, { achieved: 34, ideal: 10, chain: ['a', 'b'] })
  t.match(account?.spent, { waiting: 1, retry: 3, building: 30, hosts: 0, preparing: 0, returning: 0 })
})

t.test('many packages beside each other are limited by the hosts', async t => {
  const names = ['a', 'b', 'c']
  const account = accountOf(
    at(
      ...names.map(name => planned(name)),
      [0, { type: 'host-ready', host: 'big', jobs: 1 }],
      ...names.flatMap((name, place): [number, Happening][] => [
        [place * 10, started(name, 'big')],
        [place * 10, { type: 'build-started', package: name, host: 'big' }],
        [place * 10 + 10, built(name, 'big', 10)],
        [place * 10 + 10, committed(name, 'big')],
      ]),
    ),
  )
  t.match(account, { achieved: 30, ideal: 30, limit: 'hosts', chain: ['c'], spent: { waiting: 20, building: 10 } })
})

t.test('where hosts built nothing there is nothing to account for', async t => {
  t.equal(accountOf([]), null)
  t.equal(accountOf(at(planned('a'), [5, committed('a', 'home')])), null)
})

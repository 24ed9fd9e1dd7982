import t from 'tap'
import { place } from '../../lib/core/place.ts'
import { makePlan, type Plan } from '../../lib/core/plan.ts'
import { NO_POLICY, type HostPolicy } from '../../lib/core/policy.ts'
import { ebuild, planOf, requestOf, seedGraph, TestState } from './support.ts'

/** A plan of ebuilds, with what Portage says of them and farm.yaml's patterns. */
function planWith(names: Record<string, string[]>, ...hosts: (Partial<HostPolicy> & { name: string })[]): Plan {
  const packages = Object.entries(names).map(([name, matches]) => ebuild(name, { matches }))
  const policies = hosts.map(host => ({ only: null, not: [], prefer: [], ...host }))
  return makePlan(requestOf(packages), { ...NO_POLICY, hosts: policies })
}

const placed = (state: TestState): string[] => place(state).map(each => `${each.package.id} on ${each.host}`)

void t.test('nothing is ready, or no host is: nothing is placed', t => {
  const state = new TestState(seedGraph(), ['big', 'small'])
  t.strictSame(placed(state), [])
  state.ready('e')
  t.strictSame(placed(state), [], 'hosts that connect take nothing')
  state.tell({ type: 'mirror-started', host: 'big', generation: '/x', first: true })
  t.strictSame(placed(state), [], 'nor those that are being copied to')
  state.hostReady('big', 2)
  t.strictSame(placed(state), ['e on big'])
  state.tell({ type: 'host-lost', host: 'big', reason: 'gone' })
  t.strictSame(placed(state), [], 'nor those that are lost')
  t.end()
})

void t.test('the most urgent first, and ties in the order of the merge list', t => {
  const state = new TestState(planOf('late x y deep dx', ['dx', 'deep']), ['big'])
  state.hostReady('big', 3)
  state.ready('late', 'x', 'y', 'deep')
  t.strictSame(placed(state), ['deep on big', 'late on big', 'x on big'], 'there is no fourth slot')
  t.end()
})

void t.test('the host with the largest share of free slots, and ties in the order of farm.yaml', t => {
  const state = new TestState(planOf('a b c d e f'), ['small', 'big'])
  state.hostReady('big', 4)
  state.hostReady('small', 1)
  state.ready('a', 'b', 'c', 'd', 'e', 'f')
  t.strictSame(placed(state), ['a on small', 'b on big', 'c on big', 'd on big', 'e on big'])
  state.start('a', 'big')
  t.strictSame(placed(state)[0], 'b on small', 'one of four is taken')
  t.end()
})

void t.test('not where it has failed', t => {
  const state = new TestState(planOf('a b'), ['big', 'small'])
  state.hostReady('big')
  state.hostReady('small')
  state.ready('a', 'b')
  state.start('a', 'big')
  state.fail('a', 'big')
  t.strictSame(placed(state), ['a on small', 'b on big'])
  state.start('a', 'small')
  state.fail('a', 'small')
  t.strictSame(placed(state), ['b on big'], 'who has nowhere to go does not hold up the others')
  t.end()
})

void t.test('asking changes nothing', t => {
  const state = new TestState(planOf('a b'), ['big'])
  state.hostReady('big', 2)
  state.ready('a', 'b')
  t.strictSame(placed(state), placed(state))
  t.end()
})

void t.test('a host that farm.yaml bars never gets the package, also when it is the only one that is free', t => {
  const plan = planWith(
    { web: ['www/*'], lang: ['lang/*'] },
    { name: 'big', not: ['www/*'] },
    { name: 'small', only: ['www/*'] },
  )
  const state = new TestState(plan, ['big', 'small'])
  state.hostReady('big', 4)
  state.ready('web', 'lang')
  t.strictSame(placed(state), ['lang on big'])
  state.hostReady('small')
  t.strictSame(placed(state), ['web on small', 'lang on big'])
  const [web, lang] = place(state)
  t.match(web?.why, ['farm.yaml keeps it from big: not www/*', 'no other host had a free slot for it'])
  t.match(lang?.why, ['farm.yaml keeps it from small: only www/*', 'no other host had a free slot for it'])
  t.end()
})

void t.test('a host that farm.yaml prefers comes first, and others when it is busy', t => {
  const plan = planWith({ a: ['x/*'], b: ['x/*'], c: [] }, { name: 'big' }, { name: 'small', prefer: ['x/*'] })
  const state = new TestState(plan, ['big', 'small'])
  state.hostReady('big', 4)
  state.hostReady('small')
  state.ready('a', 'b', 'c')
  t.strictSame(placed(state), ['a on small', 'b on big', 'c on big'])
  const [a, b, c] = place(state)
  t.strictSame(a?.why, ['farm.yaml prefers small for x/*', '1 of 1 slots were free, the largest share'])
  t.strictSame(b?.why, ['small is preferred, and could not take it', 'no other host had a free slot for it'])
  t.strictSame(c?.why, ['no other host had a free slot for it'])
  t.end()
})

void t.test('why not the host that it failed on', t => {
  const state = new TestState(planOf('a'), ['big', 'small'])
  state.hostReady('big')
  state.hostReady('small')
  state.ready('a')
  state.start('a', 'big')
  state.fail('a', 'big')
  t.strictSame(place(state)[0]?.why, ['it failed on big', 'no other host had a free slot for it'])
  t.end()
})

import t from 'tap'
import { makePlan, type PlannedPackage } from '../../../lib/core/plan.ts'
import { RootPool } from '../../../lib/edge/host/root-pool.ts'
import { ebuild, edge, requestOf, uninstall } from '../../core/support.ts'

// lib; then early; then old is removed; then late, which needs lib and that old is gone; then last.
const packages = [ebuild('lib'), ebuild('early'), uninstall('old'), ebuild('late'), ebuild('last')]
const plan = makePlan(
  requestOf(packages, [edge('early', 'lib'), edge('late', 'lib'), edge('late', 'old'), edge('last', 'lib')]),
)

function planned(id: string): PlannedPackage {
  const found = plan.byId.get(id)
  if (!found) throw new Error(id)
  return found
}

/** A pool, and the roots that it has given up. */
function pool(most: number): { roots: RootPool; removed: string[] } {
  const removed: string[] = []
  return { roots: new RootPool(plan, most, name => removed.push(name)), removed }
}

void t.test('a root is kept from build to build, and lacks less and less', t => {
  const { roots, removed } = pool(2)
  const first = roots.take(planned('early'))
  t.strictSame([first.name, first.missing.map(step => step.id)], ['r1', ['lib']])
  roots.giveBack(first)
  const second = roots.take(planned('last'))
  t.strictSame([second.name, second.missing], ['r1', []])
  t.strictSame(removed, [])
  t.end()
})

void t.test('a root that is held is nobody else’s', t => {
  const { roots } = pool(2)
  t.equal(roots.take(planned('early')).name, 'r1')
  t.equal(roots.take(planned('late')).name, 'r2')
  t.end()
})

void t.test('what nobody knows the state of is given up', t => {
  const { roots, removed } = pool(2)
  roots.discard(roots.take(planned('early')))
  t.strictSame(removed, ['r1'])
  t.equal(roots.take(planned('early')).name, 'r2')
  t.end()
})

void t.test('no more are kept than there are jobs', t => {
  const { roots, removed } = pool(1)
  const [first, second] = [roots.take(planned('early')), roots.take(planned('last'))]
  roots.giveBack(second)
  roots.giveBack(first)
  t.equal(removed.length, 1)
  t.end()
})

void t.test('a root from which something was removed is not for what is merged before that', t => {
  const { roots } = pool(2)
  const late = roots.take(planned('late'))
  t.strictSame(
    late.missing.map(step => step.operation),
    ['install', 'uninstall'],
  )
  roots.giveBack(late)
  t.equal(roots.take(planned('early')).name, 'r2', 'with plain emerge, old would still be there')
  t.equal(roots.take(planned('last')).name, 'r1')
  t.end()
})

void t.test('a root that has what is merged before a removal can have the removal as well', t => {
  const { roots } = pool(2)
  roots.giveBack(roots.take(planned('early')))
  const late = roots.take(planned('late'))
  t.strictSame([late.name, late.missing.map(step => step.id)], ['r1', ['old']])
  t.end()
})

import fc from 'fast-check'
import t from 'tap'
import type { PlannedPackage } from '../../lib/core/plan.ts'
import { makePlan } from '../../lib/core/plan.ts'
import { chooseRoot, type JobRoot } from '../../lib/core/roots.ts'
import { ebuild, edge, requestOf, uninstall } from './support.ts'

/** p0 … p9; each of the even ones needs all before it, the others need nothing. */
const names = Array.from({ length: 10 }, (_, index) => `p${index}`)
const plan = makePlan(
  requestOf(
    names.map(name => ebuild(name)),
    names.flatMap((from, index) => (index % 2 === 0 ? names.slice(0, index).map(to => edge(from, to)) : [])),
  ),
)
const position = (id: string): number => plan.byId.get(id)?.position ?? -1

function planned(id: string): PlannedPackage {
  const found = plan.byId.get(id)
  if (!found) throw new Error(id)
  return found
}

function root(name: string, applied: string, busy = false): JobRoot {
  return { name, busy, applied: new Set(applied.split(' ').filter(id => id !== '')) }
}

const choose = (id: string, ...roots: JobRoot[]): [root: string | null, missing: string[]] => {
  const choice = chooseRoot(roots, planned(id), position)
  return [choice.root?.name ?? null, choice.missing.map(step => step.id)]
}

void t.test('without a root a new one gets it all', t => {
  t.strictSame(choose('p4'), [null, ['p0', 'p1', 'p2', 'p3']])
  t.end()
})

void t.test('the root that lacks least, the first of equal ones', t => {
  t.strictSame(choose('p4', root('r1', 'p0'), root('r2', 'p0 p1 p2'), root('r3', '')), ['r2', ['p3']])
  t.strictSame(choose('p4', root('r1', 'p0 p1'), root('r2', 'p1 p2')), ['r1', ['p2', 'p3']])
  t.strictSame(choose('p4', root('r1', '')), ['r1', ['p0', 'p1', 'p2', 'p3']], 'an empty one is as good as a new one')
  t.end()
})

void t.test('a busy root is not shared', t => {
  t.strictSame(choose('p4', root('r1', 'p0 p1 p2 p3', true)), [null, ['p0', 'p1', 'p2', 'p3']])
  t.end()
})

void t.test('a root that has seen what is merged later does not qualify', t => {
  t.strictSame(choose('p4', root('r1', 'p0 p1 p2 p3 p5')), [null, ['p0', 'p1', 'p2', 'p3']])
  t.strictSame(choose('p4', root('r1', 'p0 p4')), [null, ['p0', 'p1', 'p2', 'p3']], 'nor one that has it itself')
  t.strictSame(choose('p5', root('r1', 'p0 p4')), ['r1', []], 'what is merged earlier does no harm')
  t.end()
})

void t.test('nothing is removed after what Portage installs later', t => {
  const packages = [ebuild('lib'), uninstall('old'), ebuild('new'), ebuild('app')]
  const plan = makePlan(requestOf(packages, [edge('app', 'lib'), edge('app', 'old'), edge('app', 'new')]))
  const app = plan.packages.at(-1)
  const place = (id: string): number => packages.findIndex(each => each.id === id)
  if (!app) throw new Error('no app')
  t.equal(chooseRoot([root('r1', 'new')], app, place).root, null, 'old would go after new came')
  t.equal(chooseRoot([root('r1', 'lib')], app, place).root?.name, 'r1')
  t.equal(chooseRoot([root('r1', 'lib old')], app, place).root?.name, 'r1')
  t.end()
})

void t.test('whatever the roots: what was applied and what is missing make up what the build needs', t => {
  const anyRoot = fc.record({
    name: fc.constantFrom('r1', 'r2', 'r3'),
    busy: fc.boolean(),
    applied: fc.uniqueArray(fc.constantFrom(...names)).map(ids => new Set(ids)),
  })
  fc.assert(
    fc.property(fc.array(anyRoot), fc.constantFrom(...names), (roots, id) => {
      const target = planned(id)
      const { root, missing } = chooseRoot(roots, target, position)
      const there = new Set([...(root?.applied ?? []), ...missing.map(step => step.id)])
      if (root?.busy) throw new Error('it is busy')
      if (!target.needs.every(need => there.has(need))) throw new Error('something is missing')
      if ([...there].some(each => position(each) >= target.position)) throw new Error('something is too new')
      if (missing.some(step => root?.applied.has(step.id))) throw new Error('something is installed twice')
    }),
  )
  t.end()
})

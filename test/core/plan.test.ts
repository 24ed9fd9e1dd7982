import fc from 'fast-check'
import t from 'tap'
import { makePlan, type Plan } from '../../lib/core/plan.ts'
import type { PlanRequest, RequestPackage } from '../../lib/core/request.ts'
import { ebuild, edge, installed, planOf, requestOf, seedGraph, uninstall } from './support.ts'

const needs = (plan: Plan, id: string): string[] => plan.byId.get(id)?.needs ?? ['not in the plan']
const optional = (plan: Plan, id: string): string[] => [...(plan.byId.get(id)?.optional ?? [])]
const ranks = (plan: Plan): Record<string, number> =>
  Object.fromEntries(plan.packages.map(each => [each.id, each.rank]))
const ebuilds = (names: string): RequestPackage[] => names.split(' ').map(name => ebuild(name))

void t.test('the graph of the wish: e, then b, c and d, then a', t => {
  const plan = seedGraph()
  t.strictSame(
    plan.packages.map(each => [each.id, each.position]),
    ['e', 'b', 'c', 'd', 'a'].map((id, index) => [id, index]),
  )
  t.strictSame(needs(plan, 'e'), [])
  for (const id of ['b', 'c', 'd']) t.strictSame(needs(plan, id), ['e'])
  t.strictSame(needs(plan, 'a'), ['e', 'b', 'c', 'd'], 'in merge list order')
  t.strictSame(ranks(plan), { e: 3, b: 2, c: 2, d: 2, a: 1 }, 'e is the most urgent')
  t.end()
})

void t.test('a build needs what its dependencies need to run, but not what it needs to run itself', t => {
  const plan = makePlan(
    requestOf(ebuilds('data lib hook late tool app'), [
      edge('lib', 'data', 'runtime_post'),
      edge('tool', 'lib', 'runtime'),
      edge('tool', 'hook', 'installtime'),
      edge('tool', 'late'),
      edge('app', 'tool'),
      edge('app', 'late', 'runtime'),
    ]),
  )
  t.strictSame(needs(plan, 'lib'), [], 'to run is not to build')
  t.strictSame(needs(plan, 'tool'), ['late'])
  t.strictSame(needs(plan, 'app'), ['data', 'lib', 'hook', 'tool'], 'what tool was built with is not needed again')
  t.end()
})

void t.test('the kinds of edges that count', t => {
  const kinds = ['buildtime', 'buildtime_slot_op', 'runtime', 'runtime_slot_op', 'runtime_post', 'installtime']
  const direct = (kind: string): string[] =>
    needs(makePlan(requestOf(ebuilds('lib app'), [edge('app', 'lib', kind)])), 'app')
  const behind = (kind: string): string[] =>
    needs(makePlan(requestOf(ebuilds('data lib app'), [edge('app', 'lib'), edge('lib', 'data', kind)])), 'app')
  t.strictSame(
    kinds.filter(kind => direct(kind).length > 0),
    ['buildtime', 'buildtime_slot_op', 'runtime_slot_op'],
    'to build: what := binds must be there as well',
  )
  t.strictSame(
    kinds.filter(kind => behind(kind).length > 1),
    ['runtime', 'runtime_slot_op', 'runtime_post', 'installtime'],
    'to use',
  )
  t.strictSame(direct('buildtime ignored'), [])
  t.strictSame(direct('cross optional'), [])
  t.strictSame(direct('runtime buildtime'), ['lib'], 'one kind is enough')
  t.end()
})

void t.test('only what comes earlier in the merge list counts', t => {
  const plan = makePlan(requestOf(ebuilds('a b c'), [edge('a', 'c'), edge('b', 'a'), edge('a', 'b', 'runtime')]))
  t.strictSame(needs(plan, 'a'), [], 'c is merged after a')
  t.strictSame(needs(plan, 'b'), ['a'], 'and b is not needed to build b')
  t.end()
})

void t.test('a runtime cycle is needed as a whole, as far as it comes earlier', t => {
  const cycle = [edge('x', 'y', 'runtime'), edge('y', 'z', 'runtime'), edge('z', 'x', 'runtime')]
  const plan = makePlan(requestOf(ebuilds('x y app z last'), [...cycle, edge('app', 'x'), edge('last', 'x')]))
  t.strictSame(needs(plan, 'app'), ['x', 'y'])
  t.strictSame(needs(plan, 'last'), ['x', 'y', 'z'])
  t.end()
})

void t.test('an edge goes on through what is installed already', t => {
  const packages = [ebuild('lib'), ebuild('app'), installed('tool'), installed('other')]
  const edges = [edge('app', 'tool'), edge('tool', 'other', 'runtime'), edge('other', 'lib', 'runtime')]
  const plan = makePlan(requestOf(packages, edges))
  t.strictSame(needs(plan, 'app'), ['lib'])
  t.strictSame(plan.byId.get('app')?.steps, [{ id: 'lib', operation: 'install' }])
  t.notOk(plan.byId.has('tool'), 'what is installed is not planned')
  t.end()
})

void t.test('edges to what the request does not have are passed over', t => {
  t.strictSame(needs(makePlan(requestOf(ebuilds('lib app'), [edge('app', 'gone'), edge('app', 'lib')])), 'app'), [
    'lib',
  ])
  t.end()
})

void t.test('an uninstall is a step, and no need', t => {
  const packages = [ebuild('lib'), uninstall('old'), ebuild('app')]
  const plan = makePlan(requestOf(packages, [edge('app', 'old', 'runtime'), edge('app', 'lib')]))
  t.strictSame(plan.byId.get('app')?.steps, [
    { id: 'lib', operation: 'install' },
    { id: 'old', operation: 'uninstall' },
  ])
  t.strictSame(needs(plan, 'app'), ['lib'])
  t.equal(plan.byId.get('app')?.position, 2, 'it has a place in the merge list')
  t.strictSame(
    plan.packages.map(each => each.id),
    ['lib', 'app'],
  )
  t.end()
})

void t.test('without dependencies (--nodeps) the order of the list is kept', t => {
  const packages = [ebuild('a'), uninstall('old'), ebuild('b'), ebuild('c')]
  const plan = makePlan(requestOf(packages, [], { nodeps: true }))
  t.strictSame(needs(plan, 'c'), ['a', 'b'])
  t.strictSame(
    plan.byId.get('c')?.steps.map(step => step.operation),
    ['install', 'uninstall', 'install'],
  )
  t.end()
})

void t.test('a merge list that names a stranger is refused', t => {
  t.throws(() => makePlan(requestOf(ebuilds('a'), [], { mergeList: ['a', 'stranger'] })), /stranger/)
  t.end()
})

void t.test('what stays with Portage here, and why', t => {
  const cases: [Partial<RequestPackage>, where: string, reason: RegExp][] = [
    [{}, 'farm', /^$/],
    [{ restrict: ['fetch'] }, 'home', /RESTRICT=fetch/],
    [{ restrict: ['fetch'], distfiles: [{ name: 'x', size: 1, here: true }] }, 'farm', /^$/],
    [{ restrict: ['fetch'], distfiles: [{ name: 'x', size: 1, here: false }] }, 'home', /RESTRICT=fetch/],
    [{ restrict: ['fetch'], distfiles: [{ name: 'x', size: 1 }] }, 'home', /RESTRICT=fetch/],
    [{ restrict: ['mirror', 'test'] }, 'farm', /^$/],
    [{ properties: ['interactive'] }, 'home', /PROPERTIES=interactive/],
    [{ properties: ['live'] }, 'farm', /^$/],
    [{ inherited: ['toolchain-funcs', 'linux-mod-r1'] }, 'home', /linux-mod-r1/],
    [{ inherited: ['linux-mod'] }, 'home', /linux-mod\.eclass/],
    [{ inherited: ['linux-info', 'linux-mod-utils'] }, 'farm', /^$/],
    [{ root: '/mnt/target/' }, 'home', /root \/mnt\/target\//],
    [{ type: 'binary', path: '/var/cache/binpkgs/app-toy/x-1.gpkg.tar' }, 'ready', /^$/],
    [{ type: 'binary' }, 'home', /fetched here/],
    [{ type: 'binary', restrict: ['fetch'], path: '/x' }, 'ready', /^$/],
  ]
  for (const [more, where, reason] of cases) {
    const [planned] = makePlan(requestOf([ebuild('x', more)])).packages
    t.equal(planned?.where, where, JSON.stringify(more))
    t.match(planned?.reason, reason, JSON.stringify(more))
  }
  t.end()
})

void t.test('ranks: the longest chain of builds that begins with a package; what is here takes no time', t => {
  const chain = planOf('a b c alone', ['b', 'a'], ['c', 'b'])
  t.strictSame(ranks(chain), { a: 3, b: 2, c: 1, alone: 1 })
  const packages = [ebuild('here', { type: 'binary', path: '/here' }), ebuild('b'), ebuild('c')]
  const plan = makePlan(requestOf(packages, [edge('b', 'here'), edge('c', 'b')]))
  t.strictSame(ranks(plan), { here: 2, b: 2, c: 1 })
  t.end()
})

void t.test('optional: what is needed, and what something installed stands in for', t => {
  const plan = (...edges: Parameters<typeof edge>[]): Plan =>
    makePlan(
      requestOf(
        ebuilds('data lib tool app'),
        edges.map(each => edge(...each)),
      ),
    )

  void t.test('a satisfied edge makes it so', t => {
    t.strictSame(optional(plan(['app', 'lib', 'buildtime', true]), 'app'), ['lib'])
    t.strictSame(needs(plan(['app', 'lib', 'buildtime', true]), 'app'), ['lib'], 'it is still waited for')
    t.strictSame(optional(plan(['app', 'lib']), 'app'), [])
    t.end()
  })

  void t.test('one edge that is not satisfied is enough to need it', t => {
    // Portage has an edge for each priority: RDEPEND="lib" is satisfied where DEPEND=">=lib-2" is not.
    t.strictSame(optional(plan(['app', 'lib', 'buildtime'], ['app', 'lib', 'runtime', true]), 'app'), [])
    t.strictSame(optional(plan(['app', 'lib', 'runtime', true], ['app', 'lib', 'buildtime']), 'app'), [])
    t.strictSame(optional(plan(['app', 'lib', 'buildtime', true], ['app', 'lib', 'buildtime_slot_op']), 'app'), [])
    t.end()
  })

  void t.test('an edge that does not count for building says nothing', t => {
    t.strictSame(optional(plan(['app', 'lib', 'buildtime', true], ['app', 'lib', 'runtime']), 'app'), ['lib'])
    t.end()
  })

  void t.test('what something else that is needed cannot do without is needed', t => {
    const both = plan(['app', 'lib', 'buildtime', true], ['app', 'tool'], ['tool', 'lib', 'runtime'])
    t.strictSame(optional(both, 'app'), [])
    t.end()
  })

  void t.test('it is always among the needs', t => {
    t.strictSame(optional(plan(['app', 'lib', 'runtime', true]), 'app'), [], 'not needed to build')
    t.strictSame(optional(plan(['lib', 'app', 'buildtime', true]), 'lib'), [], 'merged later')
    t.strictSame(optional(plan(['app', 'lib', 'buildtime ignored', true]), 'app'), [], 'ignored')
    t.end()
  })
  t.end()
})

const KINDS = ['buildtime', 'buildtime_slot_op', 'runtime', 'runtime_slot_op', 'runtime_post', 'installtime', 'ignored']

/** Any request: some packages installed, some uninstalled, edges in all directions. */
const anyRequest: fc.Arbitrary<PlanRequest> = fc
  .array(fc.constantFrom('merge', 'merge', 'merge', 'nomerge', 'uninstall'), { minLength: 1, maxLength: 14 })
  .chain(operations => {
    const name = fc.nat(operations.length - 1).map(index => `p${index}`)
    const kinds = fc.uniqueArray(fc.constantFrom(...KINDS), { minLength: 1, maxLength: 2 })
    const edges = fc.array(fc.record({ from: name, to: name, kinds, satisfied: fc.boolean() }), { maxLength: 40 })
    return edges.map(edges =>
      requestOf(
        operations.map((operation, index) => {
          if (operation === 'nomerge') return installed(`p${index}`)
          return operation === 'uninstall' ? uninstall(`p${index}`) : ebuild(`p${index}`)
        }),
        edges,
      ),
    )
  })

/** What the documentation says of the needs of a package, word by word and slowly: grown until nothing is added. */
function needsByDefinition(request: PlanRequest, id: string): string[] {
  const place = (name: string): number => request.mergeList.indexOf(name)
  const operation = new Map(request.packages.map(each => [each.id, each.operation]))
  const usable = (name: string): boolean => name !== id && (place(name) === -1 || place(name) < place(id))
  const counts = (kinds: string[], which: string[]): boolean =>
    !kinds.includes('ignored') && kinds.some(kind => which.includes(kind))
  const toBuild = ['buildtime', 'buildtime_slot_op', 'runtime_slot_op']
  const toUse = ['runtime', 'runtime_slot_op', 'runtime_post', 'installtime']
  const found = new Set<string>()
  for (let before = -1; before !== found.size;) {
    before = found.size
    for (const { from, to, kinds } of request.edges) {
      const follows = from === id ? counts(kinds, toBuild) : found.has(from) && counts(kinds, toUse)
      if (follows && usable(to) && operation.get(to) !== 'uninstall') found.add(to)
    }
  }
  return request.mergeList.filter(name => found.has(name))
}

void t.test('whatever the graph', t => {
  fc.assert(
    fc.property(anyRequest, request => {
      const plan = makePlan(request)
      const merged = request.packages.filter(each => each.operation === 'merge').map(each => each.id)
      if (plan.packages.map(each => each.id).join() !== merged.join()) throw new Error('not the merge list')
      for (const { id, position, needs, steps, rank } of plan.packages) {
        if (needs.join() !== needsByDefinition(request, id).join()) throw new Error(`${id} needs ${needs.join()}`)
        const places = steps.map(step => request.mergeList.indexOf(step.id))
        if (places.some((place, index) => place >= position || place <= (places[index - 1] ?? -1))) {
          throw new Error(`the steps of ${id} are not in order, or not all before it`)
        }
        if (
          steps
            .filter(step => step.operation === 'install')
            .map(step => step.id)
            .join() !== needs.join()
        ) {
          throw new Error(`the steps of ${id} are not its needs`)
        }
        for (const need of needs) {
          if ((plan.byId.get(need)?.rank ?? 0) <= rank) throw new Error(`${need} is not more urgent than ${id}`)
        }
      }
      if (JSON.stringify(makePlan(structuredClone(request))) !== JSON.stringify(plan)) throw new Error('another plan')
    }),
    { numRuns: 500, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false },
  )
  t.end()
})

void t.test('whatever the graph, what is optional is among the needs', t => {
  fc.assert(
    fc.property(anyRequest, request =>
      makePlan(request).packages.every(({ optional, needs }) => [...optional].every(id => needs.includes(id))),
    ),
  )
  t.end()
})

void t.test('two thousand packages are planned at once', t => {
  const names = Array.from({ length: 2000 }, (_, index) => `p${index}`)
  // Ten dependencies each; what comes early is what most things need, as in a real system.
  const edges = names.flatMap((from, index) =>
    Array.from({ length: index === 0 ? 0 : 10 }, (_, nth) => {
      const share = ((index * 7919 + nth * 104729) % 997) / 997
      return edge(from, `p${Math.floor(share * share * index)}`, nth % 2 === 0 ? 'buildtime' : 'runtime')
    }),
  )
  const request = requestOf(
    names.map(name => ebuild(name)),
    edges,
  )
  // The processor's time, not the clock's: other tests run beside this one.
  const before = process.cpuUsage()
  const plan = makePlan(request)
  const { user } = process.cpuUsage(before)
  t.equal(plan.packages.length, 2000)
  t.ok(user < 700_000, `planned in ${Math.round(user / 1000)} ms`)
  t.end()
})

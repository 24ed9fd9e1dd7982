import fc from 'fast-check'
import t from 'tap'
import type { Happening } from '../../../lib/core/event.ts'
import { makePlan } from '../../../lib/core/plan.ts'
import { anyPlan, ebuild, edge, planOf, requestOf, seedGraph, TestState } from '../support.ts'

void t.test('at first everything waits, and the hosts connect', t => {
  const state = new TestState(seedGraph(), ['big', 'small'])
  t.strictSame(state.of('e'), { state: 'waiting', missing: 0 })
  t.strictSame(state.of('a'), { state: 'waiting', missing: 4 })
  t.strictSame(state.hostsIn('connecting'), ['big', 'small'])
  t.equal(state.settled, false)
  t.throws(() => state.of('stranger'), /stranger is not in the plan/)
  t.strictSame([...state.running('stranger')], [])
  t.end()
})

void t.test('the graph of the wish, commit by commit', t => {
  const state = new TestState(seedGraph(), ['big'])
  state.ready('e')
  state.start('e', 'big')
  t.strictSame(state.of('e'), { state: 'building', hosts: new Set(['big']) })
  t.strictSame([...state.running('big')], ['e'])
  t.strictSame(state.commit('e'), ['b', 'c', 'd'], 'three become ready at once')
  t.strictSame(state.of('e'), { state: 'committed', host: 'big', path: '/store/e' })
  t.equal(state.running('big').size, 0)
  t.strictSame(state.of('a'), { state: 'waiting', missing: 3 })
  state.ready('b', 'c', 'd')
  t.strictSame(state.commit('d'), [])
  t.strictSame(state.commit('b'), [])
  t.strictSame(state.commit('c'), ['a'], 'the last of what a needs releases it')
  state.ready('a')
  t.equal(state.settled, false)
  t.strictSame(state.commit('a'), [])
  t.equal(state.settled, true)
  t.strictSame(
    state.inState('committed').map(each => each.id),
    ['e', 'b', 'c', 'd', 'a'],
    'in merge list order',
  )
  t.end()
})

void t.test('a failed attempt makes a package ready again, and is remembered', t => {
  const state = new TestState(planOf('a'), ['big'])
  state.ready('a')
  state.start('a', 'big')
  state.fail('a', 'big', 'host')
  t.strictSame(state.of('a'), { state: 'ready' })
  t.equal(state.running('big').size, 0)
  state.start('a', 'big')
  state.fail('a', 'big', 'package')
  t.strictSame(
    state.attempts.get('a')?.map(each => each.fault),
    ['host', 'package'],
  )
  t.end()
})

void t.test('a package at home holds its dependents until it is there', t => {
  const state = new TestState(planOf('a b', ['b', 'a']), ['big'])
  t.strictSame(state.tell({ type: 'sent-home', package: 'a', reason: 'no host' }), [])
  t.strictSame(state.of('a'), { state: 'home' })
  t.strictSame(state.commit('a', 'home'), ['b'])
  t.end()
})

void t.test('a failed package releases only what can do without it', t => {
  const packages = ['a', 'b', 'c'].map(name => ebuild(name))
  const plan = makePlan(requestOf(packages, [edge('b', 'a', 'buildtime', true), edge('c', 'a')]))
  for (const happening of [
    { type: 'failed', package: 'a', reason: 'it broke', log: null },
    { type: 'withdrawn', package: 'a', by: null },
  ] as const) {
    const state = new TestState(plan, ['big'])
    t.strictSame(state.tell(happening), ['b'], happening.type)
    t.strictSame(state.of('c'), { state: 'waiting', missing: 1 })
  }
  t.end()
})

void t.test('what is decided is not released again', t => {
  const state = new TestState(planOf('a b', ['b', 'a']), ['big'])
  state.tell({ type: 'withdrawn', package: 'b', by: 'a' })
  t.strictSame(state.commit('a'), [])
  t.strictSame(state.of('b'), { state: 'withdrawn' })
  t.end()
})

void t.test('what is committed or failed stays so', t => {
  const state = new TestState(planOf('a b'), ['big'])
  state.commit('a')
  state.tell({ type: 'failed', package: 'b', reason: 'it broke', log: null })
  t.throws(() => state.commit('a'), /a is committed and cannot become committed/)
  t.throws(() => {
    state.ready('b')
  }, /b is failed and cannot become ready/)
  t.throws(() => state.commit('stranger'), /not in the plan/)
  t.end()
})

void t.test('hosts', t => {
  const state = new TestState(planOf('a'), ['big', 'small'])
  state.tell({ type: 'mirror-started', host: 'big', generation: '/x', first: true })
  t.strictSame(state.hosts.get('big'), { state: 'mirroring' })
  state.hostReady('big', 4)
  t.strictSame(state.hosts.get('big'), { state: 'ready', jobs: 4 })
  state.tell({ type: 'host-lost', host: 'big', reason: 'gone' })
  t.strictSame(state.hosts.get('big'), { state: 'lost', reason: 'gone' })
  t.strictSame(state.hostsIn('lost'), ['big'])
  t.strictSame(state.hostsIn('connecting'), ['small'])
  t.end()
})

void t.test('what Portage made of it', t => {
  const state = new TestState(planOf('a b'), [])
  state.tell({ type: 'installed', package: 'a' })
  state.tell({ type: 'install-failed', package: 'b' })
  t.strictSame(
    [...state.installed],
    [
      ['a', true],
      ['b', false],
    ],
  )
  t.end()
})

void t.test('what is only for listeners changes nothing', t => {
  const state = new TestState(planOf('a'), ['big'])
  const before = JSON.stringify([[...state.packages], [...state.hosts]])
  const happenings: Happening[] = [
    { type: 'run-started', run: 'r', version: '1', portage: '3', hosts: [] },
    { type: 'planned', package: 'a', cpv: 'app-toy/a-1', needs: [], rank: 1, where: 'farm' },
    { type: 'host-connecting', host: 'big' },
    { type: 'host-joined', host: 'big', hostname: 'big', cores: 1, memory: 1 },
    { type: 'mirror-progress', host: 'big', bytes: 1, percent: 1 },
    { type: 'mirror-finished', host: 'big', bytes: 1, size: 1, seconds: 1 },
    { type: 'root-chosen', package: 'a', host: 'big', root: 'r1', installs: [] },
    { type: 'build-started', package: 'a', host: 'big' },
    { type: 'phase', package: 'a', host: 'big', phase: 'compile' },
    { type: 'built', package: 'a', host: 'big', seconds: 1, bytes: 1 },
    { type: 'home-started', package: 'a' },
    { type: 'interrupted' },
    { type: 'run-ended', code: 0 },
  ]
  for (const happening of happenings) t.strictSame(state.tell(happening), [], happening.type)
  t.equal(JSON.stringify([[...state.packages], [...state.hosts]]), before)
  t.end()
})

void t.test('a second job: the package is being built until both are over', t => {
  const state = new TestState(planOf('a b', ['b', 'a']), ['big', 'small'])
  state.ready('a')
  state.start('a', 'big')
  state.start('a', 'small')
  t.strictSame(state.of('a'), { state: 'building', hosts: new Set(['big', 'small']) })
  state.fail('a', 'big')
  t.strictSame(state.of('a'), { state: 'building', hosts: new Set(['small']) })
  state.tell({ type: 'job-cancelled', package: 'a', host: 'small' })
  t.strictSame(state.of('a'), { state: 'ready' })
  state.start('a', 'big')
  state.start('a', 'small')
  state.tell({ type: 'built', package: 'a', host: 'small', seconds: 1, bytes: 1 })
  t.equal(state.running('small').size, 0, 'who is done has room for another')
  t.strictSame(state.commit('a', 'small'), ['b'])
  t.equal(state.running('big').size, 1, 'the other job has not ended yet')
  state.tell({ type: 'job-cancelled', package: 'a', host: 'big' })
  t.equal(state.running('big').size, 0)
  t.match(state.of('a'), { state: 'committed', host: 'small' })
  t.end()
})

void t.test('whatever fails, what can do without it is released, and the rest is not', t => {
  fc.assert(
    fc.property(anyPlan, fc.infiniteStream(fc.boolean()), (plan, fails) => {
      const state = new TestState(plan, ['big'])
      const queue = plan.packages.filter(each => each.needs.length === 0).map(each => each.id)
      for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
        state.ready(id)
        const released = fails.next().value
          ? state.tell({ type: 'failed', package: id, reason: 'it broke', log: null })
          : state.commit(id)
        queue.push(...released)
      }
      for (const { id, needs, optional } of plan.packages) {
        const missing = needs.filter(need => {
          const { state: is } = state.of(need)
          return is === 'waiting' || (is === 'failed' && !optional.has(need))
        })
        const { state: is } = state.of(id)
        if ((is === 'waiting') !== missing.length > 0) throw new Error(`${id} is ${is}, and lacks ${missing.join()}`)
      }
    }),
    { numRuns: 300, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false },
  )
  t.end()
})

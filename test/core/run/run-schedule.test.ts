import fc from 'fast-check'
import t from 'tap'
import { Experience } from '../../../lib/core/history/estimate.ts'
import type { FarmEvent, Happening } from '../../../lib/core/event.ts'
import { makePlan, type Plan } from '../../../lib/core/plan.ts'
import { NO_POLICY, type HostPolicy } from '../../../lib/core/policy.ts'
import { RunSchedule } from '../../../lib/core/run/run-schedule.ts'
import { RunState } from '../../../lib/core/run/run-state.ts'
import type { Observation } from '../../../lib/core/history/observation.ts'
import { build } from '../history/support.ts'
import { anyPlan, ebuild, planOf, requestOf } from '../support.ts'

const GIB = 2 ** 30
const MIB = 2 ** 20

/** A run without its side effects: state and schedule are told the same, and time passes when a test says so. */
class Rehearsal {
  readonly state: RunState
  readonly schedule: RunSchedule
  seconds = 1000
  #seq = 0

  constructor(plan: Plan, hosts: string[], experience = new Experience([])) {
    this.state = new RunState(plan, hosts)
    this.schedule = new RunSchedule(plan, hosts, experience)
    for (const each of plan.packages)
      if (each.needs.length === 0) this.tell({ type: 'package-ready', package: each.id })
  }

  tell(happening: Happening): void {
    const event: FarmEvent = { ...happening, at: this.seconds * 1000, seq: this.#seq++ }
    const ready = this.state.apply(event)
    this.schedule.apply(event)
    for (const each of ready) this.tell({ type: 'package-ready', package: each.id })
  }

  up(host: string, { jobs = 1, cores = 0, memory = 8 * GIB, disk = 100 * GIB, mirror = 0 } = {}): void {
    this.tell({ type: 'host-joined', host, hostname: host, cores: cores || jobs, memory, disk })
    this.tell({ type: 'mirror-finished', host, bytes: mirror, size: mirror, seconds: 1 })
    this.tell({ type: 'host-ready', host, jobs })
  }

  /** Starts what is decided. `a on big`, with the cores if there are several. */
  start(): string[] {
    const { starts } = this.schedule.decide(this.seconds * 1000)
    for (const { package: id, host, cores, why } of starts) {
      this.tell({ type: 'job-started', package: id, host, attempt: 1, cores, why })
    }
    return starts.map(({ package: id, host, cores }) => `${id} on ${host}${cores > 1 ? ` with ${cores}` : ''}`)
  }

  why(id: string): string[] {
    const found = this.schedule.decide(this.seconds * 1000).starts.find(each => each.package === id)
    return found?.why ?? []
  }

  cancels(): string[] {
    return this.schedule.decide(this.seconds * 1000).cancels.map(each => `${each.package} on ${each.host}`)
  }

  fail(id: string, host: string): void {
    this.tell({ type: 'attempt-failed', package: id, host, fault: 'package', reason: 'it broke', log: null })
  }

  finish(id: string, host: string): void {
    this.tell({ type: 'built', package: id, host, seconds: 5, bytes: 1 })
    this.commit(id, host)
  }

  commit(id: string, host: string): void {
    this.tell({ type: 'committed', package: id, host, path: `/store/${id}`, seconds: 5 })
  }
}

/** A plan of ebuilds, with what Portage says of them and farm.yaml's patterns. */
function planWith(names: Record<string, string[]>, ...hosts: (Partial<HostPolicy> & { name: string })[]): Plan {
  const packages = Object.entries(names).map(([name, matches]) => ebuild(name, { matches }))
  const policies = hosts.map(host => ({ only: null, not: [], prefer: [], ...host }))
  return makePlan(requestOf(packages), { ...NO_POLICY, hosts: policies })
}

/** Builds of the packages on the hosts: how long each took. */
function remember(builds: Record<string, Record<string, number>>, more: Partial<Observation> = {}): Experience {
  return new Experience(
    Object.entries(builds).flatMap(([name, hosts]) =>
      Object.entries(hosts).map(([host, seconds]) => build({ cpv: `app-toy/${name}-1`, host, seconds, ...more })),
    ),
  )
}

void t.test('hosts take nothing before they are ready, and nothing after they are lost', t => {
  const run = new Rehearsal(planOf('a b'), ['big', 'small'])
  t.strictSame(run.start(), [])
  run.tell({ type: 'mirror-started', host: 'big', generation: '/x', first: true })
  t.strictSame(run.start(), [])
  run.up('big')
  t.strictSame(run.start(), ['a on big'])
  run.tell({ type: 'host-lost', host: 'big', reason: 'gone' })
  t.strictSame(run.start(), [])
  run.up('small')
  t.strictSame(run.start(), ['a on small'], 'also before the job that was lost has been told of')
  run.fail('a', 'big')
  t.strictSame(run.state.of('a'), { state: 'building', hosts: new Set(['small']) })
  t.end()
})

void t.test('what a host built that is lost by now, and is refused, is built again', t => {
  const run = new Rehearsal(planOf('a'), ['big', 'small'])
  run.up('big')
  run.start()
  run.tell({ type: 'built', package: 'a', host: 'big', seconds: 5, bytes: 1 })
  run.tell({ type: 'host-lost', host: 'big', reason: 'gone' })
  run.up('small')
  t.strictSame(run.start(), [], 'it is compared with the plan')
  run.fail('a', 'big')
  t.strictSame(run.start(), ['a on small'])
  t.end()
})

void t.test('a host that was lost before it was ready changes nothing', t => {
  const run = new Rehearsal(planOf('a'), ['big', 'small'])
  run.tell({ type: 'host-lost', host: 'small', reason: 'no route' })
  run.tell({ type: 'host-refused', host: 'small', problems: [] })
  run.up('big')
  t.strictSame(run.start(), ['a on big'])
  t.end()
})

void t.test('not where it has failed, and not where what came of it was wrong', t => {
  const run = new Rehearsal(planOf('a'), ['big', 'small', 'third'])
  for (const host of ['big', 'small', 'third']) run.up(host)
  run.start()
  run.fail('a', 'big')
  t.strictSame(run.why('a').filter(why => why.includes('failed')).length, 1)
  t.strictSame(run.start(), ['a on small'])
  run.tell({ type: 'built', package: 'a', host: 'small', seconds: 1, bytes: 1 })
  t.strictSame(run.start(), [], 'it is being compared')
  run.fail('a', 'small')
  t.strictSame(run.start(), ['a on third'])
  t.end()
})

void t.test('a host that farm.yaml bars never gets the package, also when it is the only one that is free', t => {
  const hosts = [
    { name: 'big', not: ['www/*'] },
    { name: 'small', only: ['www/*'] },
  ]
  const run = new Rehearsal(planWith({ web: ['www/*'], lang: ['lang/*'] }, ...hosts), ['big', 'small'])
  run.up('big', { jobs: 4 })
  t.strictSame(run.start(), ['lang on big'])
  run.up('small')
  t.match(run.why('web')[0], 'farm.yaml keeps it from big: not www/*')
  t.strictSame(run.start(), ['web on small'])
  t.end()
})

void t.test('a host that farm.yaml prefers comes first, and others when it is busy', t => {
  const plan = planWith({ a: ['x/*'], b: ['x/*'], c: [] }, { name: 'big' }, { name: 'small', prefer: ['x/*'] })
  const run = new Rehearsal(plan, ['big', 'small'])
  run.up('big', { jobs: 4 })
  run.up('small')
  t.match(run.why('a')[0], 'farm.yaml prefers small for x/*')
  t.match(run.why('b')[0], 'small is preferred, and could not take it')
  t.strictSame(run.start(), ['a on small', 'b on big', 'c on big with 2'])
  t.end()
})

void t.test('a package waits for a host that was four times as fast, where that pays', t => {
  const known = { x: { fast: 10, slow: 40 }, y: { fast: 10, slow: 40 }, a: { fast: 100 }, b: { fast: 10 } }
  const run = new Rehearsal(planOf('b a'), ['fast', 'slow'], remember(known))
  run.up('fast')
  run.up('slow')
  t.strictSame(run.start(), ['a on fast', 'b on slow'], 'the long one has the fast host')
  t.end()
})

void t.test('a lone package that spreads over cores gets all of its host, and many share them', t => {
  const run = new Rehearsal(planOf('a b c', ['b', 'a'], ['c', 'a']), ['big'])
  run.up('big', { jobs: 2, cores: 8 })
  t.strictSame(run.start(), ['a on big with 8'])
  run.finish('a', 'big')
  t.strictSame(run.start(), ['b on big with 4', 'c on big with 4'])
  t.end()
})

void t.test('memory is admitted as it was measured', t => {
  const experience = remember({ a: { big: 10 }, b: { big: 10 } }, { memory: 5 * GIB })
  const run = new Rehearsal(planOf('a b'), ['big'], experience)
  run.up('big', { jobs: 2, memory: 8 * GIB })
  t.strictSame(run.start(), ['a on big'], 'not both at once')
  run.finish('a', 'big')
  t.strictSame(run.start(), ['b on big with 2'])
  t.end()
})

void t.test('disk is admitted as it was measured, and what the copy of the root took is not there for builds', t => {
  const experience = remember({ a: { big: 10 }, b: { big: 10 } }, { disk: 5 * GIB })
  for (const [mirror, started] of [
    [0, ['a on big', 'b on big']],
    [4 * GIB, ['a on big']],
  ] as const) {
    const run = new Rehearsal(planOf('a b'), ['big'], experience)
    run.up('big', { jobs: 2, disk: 13 * GIB, mirror })
    t.strictSame(run.start(), started)
  }
  const run = new Rehearsal(planOf('a'), ['small', 'big'], experience)
  run.up('small', { disk: 2 * GIB })
  run.up('big', { disk: 3 * GIB })
  t.strictSame(run.start().length, 1, 'what no host has room for is not waited with')
  t.end()
})

void t.test('a line that is slow speaks against a host for what is large', t => {
  const travelled = (host: string, seconds: number) => ({ host, bytes: 100 * MIB, transferSeconds: seconds })
  const observations = [
    build({ cpv: 'app-toy/large-1', seconds: 10, ...travelled('far', 200) }),
    build({ cpv: 'app-toy/large-1', seconds: 10, ...travelled('near', 1) }),
    build({ cpv: 'app-toy/tiny-1', host: 'far', seconds: 10, bytes: 1000, transferSeconds: 1 }),
    build({ cpv: 'app-toy/tiny-1', host: 'near', seconds: 10, bytes: 1000, transferSeconds: 1 }),
  ]
  const run = new Rehearsal(planOf('large tiny'), ['far', 'near'], new Experience(observations))
  run.up('far')
  run.up('near')
  t.strictSame(run.start(), ['large on near', 'tiny on far'])
  t.end()
})

void t.test('what needs more than any host has is built where there is most, once all hosts are there', t => {
  const experience = remember({ a: { home: 10 } }, { memory: 64 * GIB })
  const run = new Rehearsal(planOf('a'), ['small', 'big', 'late'], experience)
  run.up('small', { memory: 4 * GIB })
  run.up('big', { memory: 8 * GIB })
  t.strictSame(run.start(), [], 'the last one may be large enough')
  run.tell({ type: 'host-lost', host: 'late', reason: 'no route' })
  t.strictSame(run.start(), ['a on big'])
  run.fail('a', 'big')
  t.strictSame(run.start(), ['a on small'], 'nobody waits for a host that is not there')
  t.end()
})

void t.test('a second copy of what is far too late, and the loser is cancelled', t => {
  const long = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`p${i}`, { big: 10, small: 10 }]))
  const run = new Rehearsal(planOf('a'), ['big', 'small'], remember({ ...long, a: { big: 10, small: 10 } }))
  run.up('big')
  run.up('small')
  t.strictSame(run.start(), ['a on big'])
  run.seconds += 5
  t.strictSame(run.start(), [])
  run.seconds += 300
  t.match(run.why('a')[0], /^a second copy: it has been at work on big for 5m05s/)
  t.strictSame(run.start(), ['a on small'])
  run.finish('a', 'small')
  t.strictSame(run.cancels(), ['a on big'])
  run.tell({ type: 'job-cancelled', package: 'a', host: 'big' })
  t.strictSame(run.cancels(), [])
  t.end()
})

void t.test('a guess that was too short is no reason for a second copy', t => {
  const run = new Rehearsal(planOf('a'), ['big', 'small'])
  run.up('big')
  run.up('small')
  t.strictSame(run.start(), ['a on big'])
  for (let minute = 0; minute < 300; minute++) {
    run.seconds += 60
    t.strictSame(run.start(), [])
  }
  t.end()
})

void t.test('what this system builds is waited for', t => {
  const run = new Rehearsal(planOf('a b', ['b', 'a']), ['big'])
  run.up('big')
  run.tell({ type: 'sent-home', package: 'a', reason: 'farm.yaml has it stay' })
  t.strictSame(run.start(), [])
  run.commit('a', 'home')
  t.strictSame(run.start(), ['b on big'])
  t.end()
})

void t.test(
  'whatever happens, each package is committed once, after its needs, and no host has more than its slots',
  t => {
    fc.assert(
      fc.property(anyPlan, fc.infiniteStream(fc.nat(10_000)), (plan, stream) => {
        const next = (below: number): number => (stream.next().value as number) % below
        const slots = { big: 3, small: 1, tiny: 1 }
        const run = new Rehearsal(plan, Object.keys(slots))
        for (const [host, jobs] of Object.entries(slots)) run.up(host, { jobs })
        const running: { id: string; host: string }[] = []
        const toCompare: { id: string; host: string }[] = []
        const committed = new Set<string>()
        for (let step = 0; committed.size < plan.packages.length; step++) {
          if (step > 2000) throw new Error('it does not end')
          const { starts, cancels } = run.schedule.decide(run.seconds * 1000)
          for (const { package: id, host } of cancels) {
            const place = running.findIndex(each => each.id === id && each.host === host)
            if (place < 0) throw new Error(`${id} is to be cancelled on ${host}, where it does not run`)
            running.splice(place, 1)
            run.tell({ type: 'job-cancelled', package: id, host })
          }
          for (const { package: id, host, cores } of starts) {
            const needs = plan.byId.get(id)?.needs ?? []
            if (needs.some(need => !committed.has(need))) throw new Error(`${id} is started too early`)
            if (committed.has(id)) throw new Error(`${id} is started though it is committed`)
            running.push({ id, host })
            run.tell({ type: 'job-started', package: id, host, attempt: 1, cores })
          }
          for (const [host, most] of Object.entries(slots)) {
            const there = running.filter(each => each.host === host).length
            if (there > most || there !== run.state.running(host).size) throw new Error(`${host} has ${there} jobs`)
          }
          run.seconds += next(200)
          const those = next(2) === 0 && toCompare.length > 0 ? toCompare : running
          const [ended] = those.splice(next(Math.max(1, those.length)), 1)
          if (!ended) {
            if (running.length + toCompare.length === 0) throw new Error('nothing runs, and not all is built')
            continue
          }
          const { id, host } = ended
          const tried = run.state.attempts.get(id)?.length ?? 0
          if (tried < 2 && next(4) === 0) run.fail(id, host)
          else if (those === running) {
            if (committed.has(id)) run.tell({ type: 'job-cancelled', package: id, host })
            else {
              run.tell({ type: 'built', package: id, host, seconds: 1, bytes: 1 })
              toCompare.push(ended)
            }
          } else if (!committed.has(id)) {
            committed.add(id)
            run.commit(id, host)
          }
        }
      }),
      { numRuns: 300, interruptAfterTimeLimit: 5000, markInterruptAsFailure: false },
    )
    t.end()
  },
)

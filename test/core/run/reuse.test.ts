import t from 'tap'
import type { FarmEvent, Happening } from '../../../lib/core/event.ts'
import { makePlan } from '../../../lib/core/plan.ts'
import type { PlanRequest } from '../../../lib/core/request.ts'
import { type EarlierRun, reusable, type SystemState } from '../../../lib/core/run/reuse.ts'
import { ebuild, edge, requestOf } from '../support.ts'

const SYSTEM: SystemState = { installed: { 'sys/libc-2': '7', 'app/old-1': '8' }, configured: 'abc' }

/** `a` needs `b`, which needs `c`. */
function request(names = 'c b a', more: Partial<PlanRequest> = {}): PlanRequest {
  const there = names.split(' ')
  const edges = [
    ['a', 'b'],
    ['b', 'c'],
  ] as const
  return requestOf(
    there.map(name => ebuild(name)),
    edges.filter(pair => pair.every(name => there.includes(name))).map(([from, to]) => edge(from, to)),
    more,
  )
}

const happened = (...happenings: Happening[]): FarmEvent[] => happenings.map((each, seq) => ({ ...each, at: seq, seq }))
const started = (name: string, host: string): Happening => ({
  type: 'job-started',
  package: name,
  host,
  attempt: 1,
  cores: 1,
})
const committed = (name: string): Happening => ({
  type: 'committed',
  package: name,
  host: 'big',
  path: `/store/${name}`,
  seconds: 1,
})

const BROKEN = happened(started('c', 'big'), committed('c'), started('b', 'big'), committed('b'), started('a', 'small'))

function earlier(events = BROKEN, of = request(), system = SYSTEM): EarlierRun {
  return { run: 'run-1', request: of, events, system }
}

/** What is reused: `c b`, and behind a bar what hosts are at work on: `a@small`. */
function reused(run: EarlierRun, again: PlanRequest, system = SYSTEM): string {
  const { committed, running } = reusable(run, again, makePlan(again), system)
  const hosts = [...running].map(([id, names]) => `${id}@${names.join('+')}`)
  return `${[...committed.keys()].join(' ')} | ${hosts.join(' ')}`.trim()
}

void t.test('the same command again', t => {
  t.equal(reused(earlier(), request()), 'c b | a@small')
  t.match(reusable(earlier(), request(), makePlan(request()), SYSTEM).committed.get('b'), {
    run: 'run-1',
    path: '/store/b',
  })
  t.equal(reused(earlier(happened(started('c', 'big'))), request()), '| c@big')
  const gone = happened(started('c', 'big'), { type: 'job-cancelled', package: 'c', host: 'big' })
  t.equal(reused(earlier(gone), request()), '|', 'what was ended')
  t.end()
})

void t.test('what was installed meanwhile is not in the plan any more', t => {
  const c = ebuild('c').cpv
  const merged = { ...SYSTEM, installed: { ...SYSTEM.installed, [c]: '9' } }
  t.equal(reused(earlier(), request('b a'), merged), 'b | a@small')
  t.equal(reused(earlier(), request('b a')), '|', 'c is neither planned nor here')
  t.end()
})

void t.test('something else was installed, or removed', t => {
  const other = { ...SYSTEM, installed: { ...SYSTEM.installed, 'app/new-1': '9' } }
  t.equal(reused(earlier(), request(), other), '|')
  const fewer = { 'sys/libc-2': '7' }
  t.equal(reused(earlier(), request(), { ...SYSTEM, installed: fewer }), '|')
  const again = { ...SYSTEM, installed: { ...SYSTEM.installed, 'sys/libc-2': '9' } }
  t.equal(reused(earlier(), request(), again), '|', 'the same again is another')
  t.end()
})

void t.test('the configuration, or Portage, is another', t => {
  t.equal(reused(earlier(), request(), { ...SYSTEM, configured: 'def' }), '|')
  t.equal(reused(earlier(), request('c b a', { portage: '0' })), '|')
  t.equal(reused(earlier(), request('c b a', { environment: { CFLAGS: '-O0' } })), '|')
  t.end()
})

void t.test('a package that is wanted in another way, and what was built with it', t => {
  const again = request()
  const changed = { ...again, packages: again.packages.map(each => (each.id === 'b' ? { ...each, use: ['x'] } : each)) }
  t.equal(reused(earlier(), changed), 'c |')
  t.end()
})

void t.test('a package that would be built with something else now', t => {
  const more = requestOf(
    ['d', 'c', 'b', 'a'].map(name => ebuild(name)),
    [edge('a', 'b'), edge('b', 'c'), edge('b', 'd')],
  )
  t.equal(reused(earlier(), more), 'c |', 'd is new, b needs it, and a needs b')
  t.end()
})

import t from 'tap'
import type { Happening } from '../../lib/core/event.ts'
import { lineFor } from '../../lib/report/lines.ts'
import { planOf, TestState } from '../core/support.ts'

/** The line for an event after these others, as `level: text`. */
function line(happening: Happening, ...before: Happening[]): string | null {
  const state = new TestState(planOf('a b'), ['big', 'small'])
  for (const each of [...before, happening]) state.tell(each)
  const found = lineFor({ ...happening, at: 0, seq: 0 }, state)
  return found && `${found.level}: ${found.text}`
}

const lost = (host: string): Happening => ({ type: 'host-lost', host, reason: 'no route' })

void t.test('copies', t => {
  const started = { type: 'mirror-started', host: 'big', generation: '/x', first: true } as const
  t.equal(line(started), 'info: big gets a copy of this system (once; later only what changed)')
  t.equal(line({ ...started, first: false }), null)
  const finished = { type: 'mirror-finished', host: 'big', bytes: 3_565_158, size: 1024 ** 3, seconds: 65 } as const
  t.equal(line(finished), 'info: big has this system: 3.4 MiB of 1.0 GiB sent in 1m05s')
  t.equal(line({ ...finished, seconds: 0.2 }), null, 'a quick one is not worth a line')
  t.end()
})

void t.test('builds', t => {
  t.equal(line({ type: 'job-started', package: 'a', host: 'big', attempt: 1, cores: 1 }), 'info: Building a on big')
  const committed = { type: 'committed', package: 'a', host: 'big', path: '/a', seconds: 65 } as const
  t.equal(line(committed), 'info: Built a on big in 1m05s')
  t.equal(line({ ...committed, host: 'home' }), null, 'emerge tells of that')
  t.equal(line({ ...committed, host: 'here' }), null)
  const failed = {
    type: 'attempt-failed',
    package: 'a',
    host: 'big',
    fault: 'host',
    reason: 'gone',
    log: null,
  } as const
  t.equal(line(failed), 'warn: a failed on big: gone')
  t.equal(line({ ...failed, log: '/a.log' }), 'warn: a failed on big: gone (/a.log)')
  t.end()
})

void t.test('a package that failed on hosts is given up there: one line says so', t => {
  const ready: Happening = { type: 'package-ready', package: 'a' }
  const up = ['big', 'small'].map((host): Happening => ({ type: 'host-ready', host, jobs: 1 }))
  const attempt = (host: string): [Happening, Happening] => [
    { type: 'job-started', package: 'a', host, attempt: 1, cores: 1 },
    { type: 'attempt-failed', package: 'a', host, fault: 'package', reason: 'compile phase: no', log: '/a.log' },
  ]
  const [start, fail] = attempt('big')
  const [again, lastly] = attempt('small')
  t.equal(line(fail, ready, ...up, start), 'warn: a failed on big: compile phase: no (/a.log)', 'small is asked')
  const both = [ready, ...up, start, fail, again]
  t.equal(line(lastly, ...both), null, 'what follows says it')
  const home: Happening = { type: 'sent-home', package: 'a', reason: 'compile phase: no' }
  t.equal(line(home, ...both, lastly), 'warn: a failed on small: compile phase: no (/a.log), is built here')
  t.equal(line(home, ...both, lastly, lost('big'), lost('small')), line(home, ...both, lastly), 'also if none is left')
  t.equal(
    line({ type: 'withdrawn', package: 'a', by: 'b' }, ...both, lastly),
    'warn: a failed on small: compile phase: no (/a.log), is not built in this run',
  )
  t.equal(
    line({ type: 'withdrawn', package: 'a', by: 'b' }, ready, ...up, start, fail),
    null,
    'that it failed was said',
  )
  const copies = [ready, ...up, start, again]
  t.match(line(fail, ...copies), /^warn: a failed on big/, 'while another host is at work on it')
  t.end()
})

void t.test('hosts that are lost', t => {
  t.equal(line(lost('big')), 'warn: big is not used: no route')
  t.equal(
    line(lost('small'), lost('big')),
    'warn: no host can be used, so everything is built here (big: no route; small: no route)',
    'with the last one, one line says it all',
  )
  t.end()
})

void t.test('packages that are built here', t => {
  const home = { type: 'sent-home', package: 'a', reason: 'RESTRICT=fetch' } as const
  t.equal(line(home), 'info: a is built here: RESTRICT=fetch')
  t.equal(line(home, lost('big'), lost('small')), null, 'that all are was said')
  t.end()
})

void t.test('when all is built, a lost host changes nothing', t => {
  const commits = ['a', 'b'].map(
    id => ({ type: 'committed', package: id, host: 'big', path: '/x', seconds: 1 }) as const,
  )
  t.notMatch(line(lost('small'), ...commits, lost('big')) ?? '', /everything is built here/)
  t.end()
})

void t.test('what is not worth a line', t => {
  const happenings: Happening[] = [
    { type: 'run-started', run: 'r', version: '1', portage: '3', hosts: [] },
    { type: 'planned', package: 'a', cpv: 'app-toy/a-1', needs: [], rank: 1, where: 'farm' },
    { type: 'host-connecting', host: 'big' },
    { type: 'host-joined', host: 'big', hostname: 'big', cores: 1, memory: 1 },
    { type: 'mirror-progress', host: 'big', bytes: 1, percent: 1 },
    { type: 'host-ready', host: 'big', jobs: 1 },
    { type: 'package-ready', package: 'a' },
    { type: 'root-chosen', package: 'a', host: 'big', root: 'r1', installs: [] },
    { type: 'build-started', package: 'a', host: 'big' },
    { type: 'phase', package: 'a', host: 'big', phase: 'compile' },
    { type: 'built', package: 'a', host: 'big', seconds: 1, bytes: 1 },
    { type: 'home-started', package: 'a' },
    { type: 'failed', package: 'a', reason: 'it broke', log: null },
    { type: 'withdrawn', package: 'a', by: null },
    { type: 'installed', package: 'a' },
    { type: 'install-failed', package: 'a' },
    { type: 'interrupted' },
    { type: 'run-ended', code: 0 },
  ]
  for (const happening of happenings) t.equal(line(happening), null, happening.type)
  t.end()
})

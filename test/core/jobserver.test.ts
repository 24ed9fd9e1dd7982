import t from 'tap'
import { fifoOf, jobserversOf } from '../../lib/core/jobserver.ts'
import { NO_POLICY, whereToBuild } from '../../lib/core/policy.ts'
import { ebuild, requestOf } from './support.ts'

void t.test('the named pipe of MAKEFLAGS', t => {
  t.equal(fifoOf('-l32 --jobserver-auth=fifo:/dev/steve'), '/dev/steve')
  t.equal(fifoOf('--jobserver-auth=fifo:/run/a -j --jobserver-auth=fifo:/tmp/b/c'), '/tmp/b/c', 'the last one counts')
  t.equal(fifoOf('--jobserver-auth=fifo:/dev/a\t--jobserver-auth=3,4'), null, 'descriptors are nobody else’s')
  t.equal(fifoOf('--jobserver-fds=3,4 -j'), null)
  t.equal(fifoOf('-j4 -s'), null)
  t.equal(fifoOf(''), null)
  t.end()
})

void t.test('what a job root has of it: a token less than cores, as who runs make has one itself', t => {
  const makeflags = '--jobserver-auth=fifo:/dev/steve'
  const target = ebuild('a', { makeflags })
  const { settings } = requestOf([])
  const of = (more: object, cores = 4, found = target) =>
    jobserversOf(requestOf([found], [], { settings: { ...settings, MAKEFLAGS: makeflags }, ...more }), found, cores)
  t.strictSame(of({}), { '/dev/steve': 3 })
  t.strictSame(of({}, 1), { '/dev/steve': 0 }, 'one job needs none')
  t.strictSame(of({ takesToken: true }), { '/dev/steve': 4 }, 'Portage takes one before make runs')
  t.strictSame(of({ takesToken: true }, 1), { '/dev/steve': 1 }, 'and is not kept waiting')
  t.strictSame(
    of({ takesToken: true }, 4, ebuild('a', { makeflags: '--jobserver-auth=fifo:/run/own' })),
    { '/dev/steve': 4, '/run/own': 3 },
    'package.env names another: Portage takes its token of the configured one',
  )
  t.strictSame(of({ settings }, 4, ebuild('a')), {})
  t.end()
})

void t.test('a pipe that no job root can have', t => {
  const where = (path: string) =>
    whereToBuild(ebuild('a', { makeflags: `--jobserver-auth=fifo:${path}` }), 'none', NO_POLICY)
  for (const path of ['/dev/steve', '/run/steve/fifo', '/tmp/x']) t.equal(where(path).where, 'farm', path)
  for (const path of ['/var/lib/steve', 'steve', '/dev', '/dev/', '/dev/../etc/x', '/run//x', '/tmp/.', '']) {
    t.match(where(path), { where: 'home', reason: /job server/ }, path)
  }
  t.end()
})

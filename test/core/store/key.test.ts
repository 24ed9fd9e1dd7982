import { createHash } from 'node:crypto'
import t from 'tap'
import { makePlan } from '../../../lib/core/plan.ts'
import type { PlanRequest } from '../../../lib/core/request.ts'
import { buildKeys, type KeyParts } from '../../../lib/core/store/key.ts'
import { ebuild, edge, requestOf } from '../support.ts'

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')

function keys(request: PlanRequest, more: Partial<KeyParts> = {}): Map<string, string> {
  return buildKeys({ run: 'r1', request, plan: makePlan(request), system: 's', known: new Map(), hash, ...more })
}

const two = (e = ebuild('e'), more: Partial<PlanRequest> = {}): PlanRequest =>
  requestOf([e, ebuild('b')], [edge('b', 'e')], more)

t.test('the same is the same, in any run', async t => {
  t.strictSame(keys(two()), keys(two(), { run: 'r2' }))
  for (const key of keys(two()).values()) t.match(key, /^[0-9a-f]{32}$/)
})

t.test('whatever decides what a build comes to makes it another, and what is built against it', async t => {
  const before = keys(two())
  const others: Record<string, Map<string, string>> = {
    USE: keys(two(ebuild('e', { use: ['ssl'] }))),
    flags: keys(two(ebuild('e', { variables: { CFLAGS: '-O3' } }))),
    'the caller': keys(two(ebuild('e'), { environment: { USE: 'x' } })),
    Portage: keys(two(ebuild('e'), { portage: '3.0.83' })),
    'the system': keys(two(), { system: 'other' }),
  }
  for (const [what, after] of Object.entries(others)) {
    t.not(after.get('e'), before.get('e'), what)
    t.not(after.get('b'), before.get('b'), `${what}: of what needs it`)
  }
})

t.test('where the client keeps its files does not matter', async t => {
  const { settings } = two()
  const elsewhere = { ...settings, PKGDIR: '/srv/pkg', DISTDIR: '/srv/dist', PORTAGE_LOGDIR: '/srv/log' }
  t.strictSame(keys(two(ebuild('e'), { settings: elsewhere })), keys(two()))
})

t.test('what needs nothing of a package does not change with it', async t => {
  const request = (use: string[]): PlanRequest => requestOf([ebuild('e', { use }), ebuild('b')])
  t.equal(keys(request([])).get('b'), keys(request(['ssl'])).get('b'))
})

t.test('a binary package that is here is this run’s alone', async t => {
  const request = requestOf([ebuild('e', { type: 'binary', path: '/x/e-1.gpkg.tar' }), ebuild('b')], [edge('b', 'e')])
  t.not(keys(request).get('e'), keys(request, { run: 'r2' }).get('e'))
  t.not(keys(request).get('b'), keys(request, { run: 'r2' }).get('b'))
})

t.test('what an earlier run had keeps its key, and gives it to what is built against it', async t => {
  const known = new Map([['e', 'f'.repeat(32)]])
  t.equal(keys(two(), { known }).get('e'), 'f'.repeat(32))
  t.not(keys(two(), { known }).get('b'), keys(two()).get('b'))
})

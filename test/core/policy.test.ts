import t from 'tap'
import { makePlan } from '../../lib/core/plan.ts'
import {
  hostWishes,
  NO_POLICY,
  patternsOf,
  signaturesOf,
  whereToBuild,
  type HostPolicy,
} from '../../lib/core/policy.ts'
import type { RequestPackage } from '../../lib/core/request.ts'
import { afterFailure, hasUntriedHost } from '../../lib/core/run/retry.ts'
import { ebuild, requestOf, TestState } from './support.ts'

const host = (name: string, more: Partial<HostPolicy> = {}): HostPolicy => ({
  name,
  only: null,
  not: [],
  prefer: [],
  ...more,
})
const matching = (...matches: string[]): RequestPackage => ebuild('a', { matches })

void t.test('every pattern of farm.yaml is asked for once', t => {
  const hosts = [host('big', { only: ['a/*'], not: ['b/*'] }), host('small', { prefer: ['a/*', 'c/*'] })]
  t.strictSame(patternsOf({ ...NO_POLICY, stay: ['b/*', 'd/*'], hosts }), ['b/*', 'd/*', 'a/*', 'c/*'])
  t.strictSame(patternsOf(NO_POLICY), [])
  t.end()
})

void t.test('stay', t => {
  const policy = { ...NO_POLICY, stay: ['x/*', 'y/*'] }
  t.strictSame(whereToBuild(matching('y/*'), 'none', policy), { where: 'home', reason: 'farm.yaml has it stay: y/*' })
  t.equal(whereToBuild(matching('z/*'), 'none', policy).where, 'farm', 'a pattern of something else')
  t.equal(whereToBuild(ebuild('a'), 'none', policy).where, 'farm', 'a plan that says nothing of patterns')
  const here = { ...matching('x/*'), type: 'binary', path: '/a' } as const
  t.equal(whereToBuild(here, 'none', policy).where, 'ready', 'nothing is built')
  t.end()
})

void t.test('kernel modules', t => {
  const module = ebuild('a', { inherited: ['linux-mod-r1'] })
  t.equal(whereToBuild(module, 'none', NO_POLICY).where, 'home')
  t.equal(whereToBuild(module, 'none', { ...NO_POLICY, kernelModules: 'send' }).where, 'farm')
  t.end()
})

void t.test('hosts: only, not, prefer', t => {
  const hosts = [host('big', { only: ['a/*'] }), host('small', { not: ['b/*'], prefer: ['b/*', 'a/*'] })]
  const wishes = (...matches: string[]) => {
    const { barred, preferred } = hostWishes(matching(...matches), { ...NO_POLICY, hosts })
    return { barred: [...barred], preferred: [...preferred] }
  }
  t.strictSame(wishes('a/*'), { barred: [], preferred: [['small', 'a/*']] })
  t.strictSame(wishes(), { barred: [['big', 'only a/*']], preferred: [] })
  t.strictSame(wishes('a/*', 'b/*'), { barred: [['small', 'not b/*']], preferred: [] }, 'not has the last word')
  t.end()
})

void t.test('a package that no host may build is built here', t => {
  const policy = { ...NO_POLICY, hosts: [host('big', { only: ['a/*'] }), host('small', { not: ['b/*'] })] }
  const reason = 'farm.yaml lets no host build it (big: only a/*; small: not b/*)'
  t.strictSame(whereToBuild(matching('b/*'), 'none', policy), { where: 'home', reason })
  t.equal(whereToBuild(matching('a/*', 'b/*'), 'none', policy).where, 'farm')
  t.end()
})

void t.test('who may still take a package is asked of the hosts that may have it', t => {
  const hosts = [host('big', { not: ['x/*'] }), host('small'), host('third')]
  const plan = makePlan(requestOf([matching('x/*')]), { ...NO_POLICY, hosts })
  const state = new TestState(plan, ['big', 'small', 'third'])
  for (const { name } of hosts) state.hostReady(name)
  state.ready('a')
  t.equal(hasUntriedHost(state, 'a'), true)
  state.tell({ type: 'host-lost', host: 'small', reason: 'gone' })
  t.equal(hasUntriedHost(state, 'a'), true)
  state.start('a', 'third')
  state.fail('a', 'third')
  t.equal(afterFailure(state, 'a'), 'home', 'big is there, and barred')
  t.equal(hasUntriedHost(state, 'a'), false)
  t.end()
})

void t.test('signatures: made here, or asked for and made by nobody', t => {
  const of = (FEATURES: string[], BINPKG_FORMAT = 'gpkg'): string =>
    signaturesOf({ ...requestOf([ebuild('a')]).settings, FEATURES, BINPKG_FORMAT })
  t.equal(of([]), 'none')
  t.equal(of(['binpkg-signing']), 'made')
  t.equal(of(['binpkg-signing', 'binpkg-request-signature']), 'made')
  t.equal(of(['binpkg-request-signature']), 'asked')
  t.equal(of(['binpkg-signing', 'binpkg-request-signature'], 'xpak'), 'asked', 'an xpak has no place for one')
  t.equal(whereToBuild(ebuild('a'), 'made', NO_POLICY).where, 'farm')
  t.match(whereToBuild(ebuild('a'), 'asked', NO_POLICY), { where: 'home', reason: /packages must be signed/ })
  t.end()
})

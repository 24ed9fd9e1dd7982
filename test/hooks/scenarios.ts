/** The scenarios that every supported Portage must pass. */
import type { Test } from 'tap'
import { GRAPH, said, type Twins } from './twins.ts'

/** What depends on pkg-e, which fails: the library gives it up. */
export const E_FAILS = {
  fake: { verdicts: { 'pkg-e': 'fail', 'pkg-f': 'commit' }, default: 'withdraw' },
  fails: ['pkg-e'],
} as const

export async function commits(t: Test, twins: Twins): Promise<void> {
  const [result] = await twins.same(t, ['app-toy/pkg-a'], { fake: { reverse: true } })
  const merged = said(result, 'merged')
  t.strictSame([...merged].sort(), GRAPH)
  t.strictSame([merged[0], merged.at(-1)], ['pkg-e', 'pkg-a'], "merged in Portage's order, not in that of the commits")
  t.strictSame(said(result, 'home-started'), [])
  t.strictSame(result.packages, GRAPH, 'PKGDIR has them')
  t.strictSame(result.heard.slice(-2), [{ type: 'end', code: 0 }, { type: 'eof' }])
  t.match(result.all, 'summary: code 0')
  t.notMatch(result.all, 'running', 'what only waits is not called a running job')
}

export async function goesHome(t: Test, twins: Twins): Promise<void> {
  const [result] = await twins.same(t, ['app-toy/pkg-a'], { fake: { default: 'home' } })
  t.strictSame(said(result, 'home-built').sort(), GRAPH)
  t.strictSame(result.packages, GRAPH, 'each is packaged, for the hosts')
  const ofE = result.heard.filter(message => 'id' in message && message.id.startsWith('app-toy/pkg-e-1::'))
  t.strictSame(
    ofE.map(message => message.type),
    ['home-started', 'home-built', 'merged'],
  )
}

export async function fails(t: Test, twins: Twins): Promise<void> {
  const [result] = await twins.same(t, ['app-toy/pkg-a'], E_FAILS)
  t.match(result.all, /Failed to emerge app-toy\/pkg-e-1, Log file:[\s>]+'\/tmp\/fake-build\.log'/)
  t.match(result.all, 'the build log of the host')
  t.strictSame(said(result, 'merge-failed'), [], 'the library knows')
}

export async function keepsGoing(t: Test, twins: Twins): Promise<void> {
  const commands = ['--keep-going app-toy/pkg-a app-toy/pkg-f', '--resume --skipfirst'] as const
  const [result] = await twins.same(t, [...commands], E_FAILS)
  t.strictSame(result.installed, ['pkg-f'])
}

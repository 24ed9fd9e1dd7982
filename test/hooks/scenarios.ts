/** The scenarios that every supported Portage must pass. */
import type { Test } from 'tap'
import { GRAPH, said, type Twins } from './twins.ts'

/** pkg-e has failed on hosts, and fails here: the library gives up what depends on it. */
export const E_FAILS = {
  fake: { verdicts: { 'pkg-e': 'home', 'pkg-f': 'commit' }, default: 'withdraw' },
  before: 'touch /etc/fail-pkg-e\n',
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
  t.match(
    result.all,
    /Failed to emerge app-toy\/pkg-e-1, Log file:[\s>]+'.*app-toy:pkg-e-1:.*\.log'/,
    'that of the build here',
  )
  t.match(result.all, 'told to fail')
  t.strictSame(said(result, 'merge-failed'), ['pkg-e'])
  t.strictSame(result.heard.at(-2), { type: 'end', code: 1 })
}

export async function keepsGoing(t: Test, twins: Twins): Promise<void> {
  const commands = ['--keep-going app-toy/pkg-a app-toy/pkg-f', '--resume --skipfirst'] as const
  const [result] = await twins.same(t, [...commands], E_FAILS)
  t.strictSame(result.installed, ['pkg-f'])
}

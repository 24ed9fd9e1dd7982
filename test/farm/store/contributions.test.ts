/** What an emerge has itself and gives to a store: whoever died before, and whatever was there. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Leases } from '../../../lib/core/store/leases.ts'
import { Ledger } from '../../../lib/core/store/ledger.ts'
import type { Claim } from '../../../lib/core/store/record.ts'
import { Layout } from '../../../lib/edge/shared/layout.ts'
import { readRecord } from '../../../lib/edge/shared/records.ts'
import { DirectoryRegisters } from '../../../lib/edge/shared/registers.ts'
import { digestOf } from '../../../lib/edge/store.ts'
import { type Contribution, Contributions } from '../../../lib/farm/store/contributions.ts'
import { built, keyOf } from './support.ts'

const KEY = keyOf('a')
const CLAIM: Claim = { worker: 'w1', package: 'a', plan: 'r0', cores: 1, lease: 30 }

interface Scene {
  layout: Layout
  /** As any other sees it. */
  others: Ledger
  offered: string[]
  path: string
  /** Looks and gives, as often as there are seconds to pass. */
  pass: (seconds: number) => Promise<void>
  verdict: () => Promise<string | undefined>
}

async function scene(t: Test, contribution: Partial<Contribution> = {}): Promise<Scene> {
  const directory = t.testdir({ store: {}, here: { 'a.gpkg.tar': 'what is here' } })
  const layout = await Layout.openOrMake(join(directory, 'store'))
  const ledger = (): Ledger =>
    new Ledger(new DirectoryRegisters(layout.in('records'), layout.in('scratch')), readRecord)
  const [own, others] = [ledger(), ledger()]
  const offered: string[] = []
  const offer = async (path: string): Promise<void> => {
    offered.push(path)
    return Promise.resolve()
  }
  const name = 'client-emerge'
  const giver = new Contributions({ layout, ledger: own, leases: new Leases(), run: 'r1', name, offer })
  const path = join(directory, 'here', 'a.gpkg.tar')
  const place = 'app-toy/a/a-1-1.gpkg.tar'
  giver.add({ package: 'a', key: KEY, path, place, isAwaited: true, ...contribution })
  let now = 0
  const pass = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed <= seconds; passed++) {
      await own.look(() => true)
      await giver.give(now++)
    }
    await others.look(() => true)
  }
  const verdict = async (): Promise<string | undefined> => {
    await others.look(() => true)
    return others.attempts(KEY).at(-1)?.verdict?.outcome
  }
  return { layout, others, offered, path, pass, verdict }
}

/** Somebody's result, of which nobody has said anything. */
async function result({ layout, others, path }: Scene, text: string | null): Promise<void> {
  if (text !== null) {
    await mkdir(layout.in('results'), { recursive: true })
    await writeFile(layout.in('results', 'other'), text)
  }
  const digest = await digestOf(text === null ? path : layout.in('results', 'other'))
  await others.claim(KEY, CLAIM)
  await others.end(KEY, 1, { ...built('a'), ...digest })
}

t.test('nobody has it: it is given, committed and offered', async t => {
  const it = await scene(t)
  await it.pass(3)
  const state = it.others.state(KEY)
  t.match(state, { state: 'committed', attempt: { claim: { worker: 'client-emerge' } } })
  const file = state.state === 'committed' ? state.attempt.end.file : ''
  t.equal(await readFile(it.layout.in('results', file), 'utf8'), 'what is here')
  t.strictSame(it.offered, [it.path])
})

t.test('nobody waits for it: nothing is written', async t => {
  const it = await scene(t, { isAwaited: false })
  await it.pass(3)
  t.strictSame(it.others.keys(), [])
  t.strictSame(it.offered, [])
})

for (const isAwaited of [true, false]) {
  t.test(`an emerge took a result and was killed before it said so (awaited: ${String(isAwaited)})`, async t => {
    const it = await scene(t, { isAwaited })
    await result(it, null)
    await it.pass(2)
    t.equal(await it.verdict(), 'committed')
    t.equal(it.others.attempts(KEY).length, 1)
    t.strictSame(it.offered, [it.path])
  })
  t.test(`it was killed before it was offered (awaited: ${String(isAwaited)})`, async t => {
    const it = await scene(t, { isAwaited })
    await result(it, null)
    await it.others.judge(KEY, 1, { outcome: 'committed', by: 'r0' })
    await it.pass(2)
    t.strictSame(it.offered, [it.path])
  })
}

t.test('another result waits for a verdict: others have a while for that', async t => {
  const it = await scene(t)
  await result(it, 'another')
  await it.pass(8)
  t.equal(await it.verdict(), undefined)
  await it.pass(8)
  t.match(
    it.others.attempts(KEY).map(each => each.verdict?.outcome),
    ['refused', 'committed'],
  )
})

t.test('another result is committed meanwhile: that stays, and this is not offered', async t => {
  const it = await scene(t)
  await result(it, 'another')
  await it.pass(2)
  await it.others.judge(KEY, 1, { outcome: 'committed', by: 'r9' })
  await it.pass(30)
  t.equal(it.others.attempts(KEY).length, 1)
  t.strictSame(it.offered, [])
})

t.test('a worker is at work on it, and dies', async t => {
  const it = await scene(t)
  await it.others.claim(KEY, CLAIM)
  await it.pass(CLAIM.lease - 5)
  t.equal(it.others.state(KEY).state, 'held')
  await it.pass(10)
  t.match(it.others.state(KEY), { state: 'committed', attempt: { number: 2, claim: { worker: 'client-emerge' } } })
})

t.test('workers have failed, and this system before: what counts is that it is there', async t => {
  const it = await scene(t)
  for (const worker of ['w1', 'client-emerge', 'w2']) {
    await it.others.look(() => true)
    const attempt = (await it.others.claim(KEY, { ...CLAIM, worker })) ?? 0
    await it.others.end(KEY, attempt, { outcome: 'failed', fault: 'host', reason: '', log: null, elog: '' })
  }
  await it.pass(5)
  t.equal(it.others.state(KEY).state, 'committed')
  t.strictSame(it.offered, [it.path])
})

/** What came of a worker's attempt and its store, which may be away, or have given the attempt to another. */
import { access, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { UNMEASURED } from '../../../lib/core/history/observation.ts'
import { Ledger } from '../../../lib/core/store/ledger.ts'
import type { BuildResult } from '../../../lib/edge/host/job.ts'
import { Layout } from '../../../lib/edge/shared/layout.ts'
import { readRecord } from '../../../lib/edge/shared/records.ts'
import { DirectoryRegisters } from '../../../lib/edge/shared/registers.ts'
import { digestOf } from '../../../lib/edge/store.ts'
import { Giving } from '../../../lib/farm/store/giving.ts'
import { keyOf } from './support.ts'

const KEY = keyOf('a')

/** A worker that holds an attempt, and what it built. */
async function scene(t: Test, given: { mostTries?: number } = {}) {
  const directory = t.testdir({ store: {} })
  const layout = await Layout.openOrMake(join(directory, 'store'))
  const ledger = new Ledger(new DirectoryRegisters(layout.in('records'), layout.in('scratch')), readRecord)
  await ledger.claim(KEY, { worker: 'w1', package: 'a', plan: 'r1', cores: 1, lease: 30 })
  const told: string[] = []
  const worker = { name: 'w1', dir: join(directory, 'farm') }
  const giving = new Giving({ layout, ledger, worker, tell: line => told.push(line), ...given })
  const path = giving.incoming('a.gpkg.tar')
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, 'what was built')
  const arrived = { path, place: 'app-toy/a/a-1-1.gpkg.tar', ...(await digestOf(path)), seconds: 7 }
  const result = {
    ...{ ok: true, log: null, elog: '', arrived: { ...arrived, configured: null, usage: UNMEASURED } },
  } as BuildResult & { ok: true }
  const abort = new AbortController()
  const holding = { id: 'a', key: KEY, attempt: 1, signal: abort.signal }
  const end = async () => {
    await ledger.look(() => true)
    return ledger.attempts(KEY)[0]?.end
  }
  const away = async (name: 'records' | 'scratch', isAway: boolean): Promise<void> => {
    const [there, elsewhere] = [layout.in(name), `${layout.in(name)}.away`]
    await (isAway ? rename(there, elsewhere) : rename(elsewhere, there))
  }
  /** Until it has said something. */
  const says = async (words: RegExp): Promise<void> => {
    while (!told.some(line => words.test(line))) await new Promise(resolve => setTimeout(resolve, 20))
  }
  return { layout, ledger, told, giving, path, result, abort, holding, end, away, says }
}

t.test('what was built is in the store, and here no more', async t => {
  const { layout, told, giving, path, result, holding, end } = await scene(t)
  await giving.give(holding, result)
  const said = await end()
  t.match(said, { outcome: 'built', sha256: result.arrived.sha256 })
  const file = said?.outcome === 'built' ? said.file : ''
  t.equal(await readFile(layout.in('results', file), 'utf8'), 'what was built')
  t.strictSame(told, ['built a in 7 s'])
  await t.rejects(access(path))
  await giving.clear()
  t.strictSame(await readdir(layout.in('scratch')), [])
})

for (const name of ['records', 'scratch'] as const) {
  t.test(`${name} are away: it is tried again until they are back`, async t => {
    const { layout, told, giving, result, holding, end, away, says } = await scene(t)
    await away(name, true)
    const given = giving.give(holding, result)
    await says(/cannot be put into the store.*ENOENT.*trying again/)
    await away(name, false)
    await given
    t.match(await end(), { outcome: 'built' })
    t.equal(told.length, 2, 'the trouble is told once')
    t.equal((await readdir(layout.in('results'))).length, 1)
    t.strictSame(await readdir(layout.in('scratch')), [])
  })
}

t.test('nobody waits for the store when it is told to end', async t => {
  const { giving, result, abort, holding, away, says } = await scene(t)
  await away('records', true)
  const given = giving.give(holding, result)
  await says(/trying again/)
  abort.abort()
  await t.rejects(given, { code: 'ENOENT' })
})

t.test('a store that stays away is not tried for ever: what stands in the way is thrown', async t => {
  const { told, giving, path, result, holding, end, away } = await scene(t, { mostTries: 2 })
  await away('records', true)
  await t.rejects(giving.give(holding, result), { code: 'ENOENT' })
  t.match(told, [/trying again/], 'it was tried again')
  t.equal(await readFile(path, 'utf8'), 'what was built', 'it lies here still')
  await away('records', false)
  t.equal(await end(), null, 'nothing is said of the attempt')
})

t.test('another has it meanwhile: what was built is refused', async t => {
  const { layout, ledger, told, giving, result, holding, end } = await scene(t)
  await ledger.supersede(KEY, 1, 'w2', 'silent')
  await giving.give(holding, result)
  t.match(await end(), { outcome: 'superseded' })
  t.match(told, [/a is refused: it was taken away/])
  t.strictSame(await readdir(layout.in('results')), [])
})

t.test('a failure', async t => {
  const { told, giving, holding, end } = await scene(t)
  await giving.give(holding, { ok: false, fault: 'package', reason: 'it does not compile', log: 'x.log', elog: '' })
  t.match(await end(), { outcome: 'failed', fault: 'package', log: 'x.log' })
  t.match(told, ['a failed: it does not compile'])
})

t.test('what was ended is cancelled, and did not fail', async t => {
  const { told, giving, abort, holding, end } = await scene(t)
  abort.abort()
  await giving.give(holding, { ok: false, fault: 'host', reason: 'ended', log: null, elog: '' })
  t.match(await end(), { outcome: 'cancelled' })
  t.match(told, ['ended a'])
})

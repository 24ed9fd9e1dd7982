/** What lies in a store and nobody needs any more. Its age is by the store's clock, which the test is ahead of. */
import { link, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Keep } from '../../../lib/core/keep.ts'
import { bringMissing } from '../../../lib/edge/shared/files.ts'
import { Layout } from '../../../lib/edge/shared/layout.ts'
import { cleanStore, type Wanted } from '../../../lib/edge/shared/unused.ts'

const DAY = 24 * 3600 * 1000
const KEEP: Keep = { days: 60, bytes: 2 ** 40 }
const NOTHING: Wanted = { keys: new Set(), distfiles: new Set(), isRunWanted: async () => Promise.resolve(false) }

const keyOf = (letter: string): string => letter.repeat(32)

async function open(t: Test): Promise<Layout> {
  return Layout.openOrMake(t.testdir({}))
}

/** A build with its records, its result and its log, and a source. */
async function put(layout: Layout, letter: string, size = 4096): Promise<void> {
  const key = keyOf(letter)
  for (const place of ['claim', 'end']) await writeFile(layout.in('records', `${key}.1.${place}`), '')
  await writeFile(layout.in('results', `${key}.1.x.gpkg.tar`), Buffer.alloc(size, 'x'))
  await mkdir(layout.in('logs', `${key}.1`))
  // Later than these also for the kernel, whose times have a grain.
  await sleep(20)
  await writeFile(layout.in('distfiles', `${letter}.tar`), Buffer.alloc(size, 'x'))
}

async function clean(layout: Layout, days: number, more: { wanted?: Partial<Wanted>; keep?: Keep; pretend?: boolean }) {
  const { wanted = {}, keep = KEEP, pretend = false } = more
  const now = (await layout.now()) + days * DAY
  const removed = await cleanStore(layout, { ...NOTHING, ...wanted }, keep, pretend, now)
  return removed.map(({ name }) => name).sort()
}

t.test('builds and sources go when nobody used them for so long, but for what a plan names', async t => {
  const layout = await open(t)
  await put(layout, 'a')
  await put(layout, 'b')
  t.strictSame(await clean(layout, 59, {}), [])
  const wanted = { keys: new Set([keyOf('b')]), distfiles: new Set(['b.tar']) }
  const gone = ['distfiles/a.tar', `records/${keyOf('a')}`]
  t.strictSame(await clean(layout, 61, { wanted, pretend: true }), gone)
  t.equal((await readdir(layout.in('records'))).length, 4, 'it was only asked')
  t.strictSame(await clean(layout, 61, { wanted }), gone)
  for (const directory of ['records', 'results', 'logs'] as const) {
    const names = await readdir(layout.in(directory))
    t.ok(names.length > 0 && names.every(name => name.startsWith(keyOf('b'))), directory)
  }
  t.strictSame(await readdir(layout.in('distfiles')), ['b.tar'])
})

t.test('beyond so many bytes the longest unused go, but nothing of this day and nothing that a plan names', async t => {
  const layout = await open(t)
  await put(layout, 'a', 1 << 20)
  await put(layout, 'b', 1 << 20)
  const keep = { days: 60, bytes: 3 << 20 }
  t.strictSame(await clean(layout, 0.5, { keep }), [])
  const wanted = { distfiles: new Set(['a.tar']) }
  t.equal((await clean(layout, 2, { keep: { ...keep, bytes: 5 << 20 }, wanted })).length, 0)
  t.strictSame(await clean(layout, 2, { keep, wanted }), [`records/${keyOf('a')}`, `records/${keyOf('b')}`])
  t.strictSame(await clean(layout, 2, { keep: { days: 60, bytes: 0 }, wanted }), ['distfiles/b.tar'])
  t.strictSame(await readdir(layout.in('distfiles')), ['a.tar'])
})

t.test('to publish a plan is to use what of it is there', async t => {
  const layout = await open(t)
  const from = join(layout.path, 'x.tar')
  await writeFile(from, 'x')
  await link(from, layout.in('distfiles', 'x.tar'))
  const before = await stat(from)
  await new Promise(resolve => setTimeout(resolve, 20))
  await bringMissing(layout, [{ from, to: layout.in('distfiles', 'x.tar'), size: 1 }])
  const after = await stat(layout.in('distfiles', 'x.tar'))
  t.ok(after.ctimeMs > before.ctimeMs)
  t.equal(after.mtimeMs, before.mtimeMs, 'it may be the very file of a DISTDIR')
})

t.test('the copies of a client that comes no more', async t => {
  const layout = await open(t)
  for (const client of ['gone', 'living']) {
    await mkdir(layout.in('roots', client, 'root-1'), { recursive: true })
    await writeFile(layout.in('roots', client, 'root-1.run'), `run-of-${client}`)
    await writeFile(layout.in('roots', client, 'root-1.complete'), '')
  }
  await writeFile(layout.in('workers', 'w'), '{}')
  const wanted = { isRunWanted: async (run: string) => Promise.resolve(run === 'run-of-living') }
  t.strictSame(await clean(layout, 59, { wanted }), [])
  t.strictSame(await clean(layout, 61, { wanted }), ['roots/gone', 'workers/w'])
  t.strictSame(await readdir(layout.in('roots')), ['living'])
})

/** The directory of a store: what is written once, whose root is whose, what is removed. */
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import { attributesKept } from '../../../lib/edge/shared/attributes.ts'
import { copyWhole } from '../../../lib/edge/shared/files.ts'
import { Layout } from '../../../lib/edge/shared/layout.ts'
import { readRecord } from '../../../lib/edge/shared/records.ts'
import { DirectoryRegisters } from '../../../lib/edge/shared/registers.ts'
import { Roots } from '../../../lib/edge/shared/roots.ts'
import { tidyUnfinished } from '../../../lib/edge/shared/tidy.ts'
import { checkWorkerSign } from '../../../lib/edge/shared/worker-sign.ts'

const KEY = 'a'.repeat(32)

async function open(t: Test): Promise<Layout> {
  return Layout.openOrMake(t.testdir({}))
}

t.test('a store is made where there is a directory, and nowhere else', async t => {
  const empty = t.testdir({})
  await t.rejects(Layout.open(empty), { message: /is no store yet/ }, 'only by who leaves something there')
  t.same(await readdir(empty), [])
  const layout = await open(t)
  t.match(await readFile(join(layout.path, 'README'), 'utf8'), /portage-farm work/)
  await t.resolves(Layout.open(layout.path))
  await t.resolves(Layout.openOrMake(layout.path), 'again')
  const nowhere = join(layout.path, 'nowhere')
  await t.rejects(Layout.open(nowhere), { message: /there is no directory .*is it mounted/ })
  await t.rejects(Layout.openOrMake(nowhere), { message: /there is no directory .*is it mounted/ })
  await writeFile(join(layout.path, 'portage-farm-store'), '7\n')
  await t.rejects(Layout.open(layout.path), { message: /is a store of version "7", and this portage-farm knows 1/ })
})

t.test('roots, plans, results and logs are for their owner alone, also in a store of before', async t => {
  const modes = async (path: string): Promise<Record<string, string>> => {
    const names = await readdir(path, { withFileTypes: true })
    const those = names.filter(each => each.isDirectory()).map(each => each.name)
    const mode = async (name: string): Promise<string> => ((await stat(join(path, name))).mode & 0o777).toString(8)
    return Object.fromEntries(await Promise.all(those.map(async name => [name, await mode(name)] as const)))
  }
  const few = ['roots', 'plans', 'results', 'logs', 'scratch'].map(name => [name, '700'])
  const all = ['records', 'signs', 'workers', 'distfiles', 'binpkgs'].map(name => [name, '755'])
  const layout = await open(t)
  t.strictSame(await modes(layout.path), Object.fromEntries([...few, ...all]))
  for (const name of ['roots', 'plans', 'results']) await chmod(join(layout.path, name), 0o755)
  await Layout.openOrMake(layout.path)
  t.strictSame(await modes(layout.path), Object.fromEntries([...few, ...all]))
  await new Roots(layout, 'client').open('r1', async () => Promise.resolve(false))
  t.match(await modes(layout.in('roots')), { client: '700' })
})

t.test('what has other things in it is not made a store', async t => {
  const home = t.testdir({ 'lost+found': {}, notes: 'mine' })
  await t.rejects(Layout.openOrMake(home), { message: /is no store, and has other things in it \("notes"\): .* empty/ })
  t.strictSame((await readdir(home)).sort(), ['lost+found', 'notes'])
  const begun = t.testdir({ 'lost+found': {}, '.snapshot': {}, records: {}, signs: {}, README: 'somebody makes it' })
  await t.resolves(Layout.openOrMake(begun), 'what file systems and other makers of the store leave is none')
  await writeFile(join(begun, 'notes'), 'mine')
  await t.resolves(Layout.openOrMake(begun), 'a store that is there is one')
})

t.test('of many who write a record one has written it, whole', async t => {
  const layout = await open(t)
  const writers = Array.from({ length: 16 }, () => new DirectoryRegisters(layout.in('records'), layout.in('scratch')))
  for (let round = 1; round <= 20; round++) {
    const name = `${KEY}.${round}.claim`
    const wrote = await Promise.all(writers.map(async (each, index) => each.write(name, `by ${index}\n`.repeat(100))))
    t.equal(wrote.filter(each => each).length, 1)
    const winner = wrote.indexOf(true)
    t.equal(await readFile(layout.in('records', name), 'utf8'), `by ${winner}\n`.repeat(100))
  }
  t.strictSame(await readdir(layout.in('scratch')), [], 'nothing is left beside')
})

t.test('a record that makes no sense decides nothing', t => {
  t.match(readRecord('claim', '{"worker": "../x", "package": "", "plan": "", "cores": 1, "lease": 1}'), { lease: 0 })
  const claim = { worker: 'w', package: '', plan: '', cores: 1 }
  t.match(readRecord('claim', JSON.stringify({ ...claim, lease: 86_400 })), { lease: 86_400 })
  t.match(readRecord('claim', JSON.stringify({ ...claim, lease: 1e9 })), { lease: 0 }, 'no build is held for ever')
  t.match(readRecord('end', '{"outcome": "built", "file": "../../etc/shadow"}'), { outcome: 'superseded' })
  t.match(readRecord('verdict', 'committed'), { outcome: 'refused' })
  t.match(readRecord('end', '{"outcome": "cancelled", "reason": "x"}'), { outcome: 'cancelled' })
  t.end()
})

t.test('each run has a root of its own: one that is free is taken over, otherwise its files are linked', async t => {
  const layout = await open(t)
  const roots = new Roots(layout, 'client')
  const free = new Set<string>()
  const isFree = async (run: string): Promise<boolean> => Promise.resolve(free.has(run))
  const first = await roots.open('r1', isFree)
  t.match(first, { name: 'root-1', base: null, first: true })
  await writeFile(join(first.path, 'file'), 'x')
  await roots.finish(first, [])
  const second = await roots.open('r2', isFree)
  t.match(second, { name: 'root-2', base: first.path, first: false })
  await roots.finish(second, [])
  free.add('r1').add('r2')
  const third = await roots.open('r3', isFree)
  t.match(third, { name: 'root-3', base: null, first: false })
  t.strictSame(
    (await readdir(layout.in('roots', 'client'))).sort(),
    ['root-3', 'root-3.run'],
    'others that are free go',
  )
  const [one, other] = await Promise.all([roots.open('r4', isFree), roots.open('r5', isFree)])
  t.not(one.name, other.name, 'two at once')
})

t.test('what somebody left half written goes after two days', async t => {
  const layout = await open(t)
  const half = [
    layout.in('scratch', 'copy.0'),
    layout.in('binpkgs', '.incoming-1-x'),
    layout.in('scratch', 'r1.plan', 'workers'),
  ]
  await mkdir(layout.in('scratch', 'r1.plan'))
  for (const path of half) await writeFile(path, '')
  await writeFile(layout.in('binpkgs', 'Packages'), '')
  const day = 24 * 3600 * 1000
  const now = await layout.now()
  t.ok(Math.abs(now - Date.now()) < 60_000)
  await tidyUnfinished(layout, now + day)
  for (const path of half) await t.resolves(stat(path), path)
  await tidyUnfinished(layout, now + 3 * day)
  t.strictSame(await readdir(layout.in('scratch')), [])
  t.strictSame(await readdir(layout.in('binpkgs')), ['Packages'])
})

t.test('a file is there whole, also in the place of another', async t => {
  const layout = await open(t)
  const from = join(layout.path, 'from')
  await writeFile(from, 'new')
  await writeFile(layout.in('results', 'x'), 'old')
  await copyWhole(layout, from, layout.in('results', 'x'))
  t.equal(await readFile(layout.in('results', 'x'), 'utf8'), 'new')
  t.strictSame(await readdir(layout.in('scratch')), [])
})

t.test('which attributes of files a store keeps is tried there', async t => {
  const layout = await open(t)
  const kept = await attributesKept(layout, 'python3')
  const script = 'import os, sys; os.setxattr(sys.argv[1], "user.x", b""); print("kept")'
  await writeFile(layout.in('distfiles', 'x'), '')
  const { stdout } = await execa('python3', ['-c', script, layout.in('distfiles', 'x')], { reject: false })
  t.equal(kept.includes('xattrs'), stdout === 'kept' && process.getuid?.() === 0)
  t.strictSame(await readdir(layout.in('scratch')), [], 'and leaves nothing')
  t.strictSame(await attributesKept(layout, 'no-python'), ['acls', 'xattrs'], 'all, where it cannot be tried')
})

t.test('what a worker may say of itself', t => {
  const ready = { state: 'ready', lease: 30, hostname: 'w', jobs: 2, cores: 4, memory: 1e9 }
  t.ok(checkWorkerSign(ready))
  t.ok(checkWorkerSign({ state: 'left', lease: 30 }))
  t.notOk(checkWorkerSign({ ...ready, jobs: 0 }))
  t.notOk(checkWorkerSign({ ...ready, lease: 1e9 }), 'nobody is waited for for ever')
  t.notOk(checkWorkerSign({ state: 'asleep', lease: 30 }))
  t.end()
})

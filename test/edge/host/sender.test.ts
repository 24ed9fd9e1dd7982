import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { LocalConnection } from '../../../lib/edge/host/local.ts'
import { apartOf, RootSender } from '../../../lib/edge/host/root-sender.ts'
import { rsync } from '../../../lib/edge/host/rsync.ts'
import { hostConfig, scratch } from './support.ts'

t.setTimeout(60_000)
const here = new LocalConnection(hostConfig({ ssh: null }))

/** Files by their paths, modes and owners; a path with a slash at its end is a directory. */
function lay(top: string, files: Record<string, [mode: number, uid?: number]>): void {
  for (const [path, [, uid = 0]] of Object.entries(files)) {
    const place = join(top, path)
    if (path.endsWith('/')) mkdirSync(place, { recursive: true })
    else writeFileSync(place, `in ${path}`)
    chownSync(place, uid, uid)
  }
  for (const [path, [mode]] of Object.entries(files).toReversed()) chmodSync(join(top, path), mode)
}

const FILES: Record<string, [number, number?]> = {
  'open/': [0o755],
  'open/all': [0o644],
  'open/none': [0o600],
  'open/group': [0o640],
  'open/others': [0o004],
  'open/program': [0o4711],
  'open/theirs': [0o600, 2_111_111_111],
  'shut/': [0o700],
  'shut/all': [0o644],
  'passable/': [0o711],
  'passable/all': [0o644],
  'listed/': [0o744],
  'listed/all': [0o644],
}

t.test('what everybody may read is sent, and nothing else, whoever asks', async t => {
  const directory = scratch(t)
  chmodSync(directory, 0o755)
  mkdirSync(join(directory, 'from'))
  lay(join(directory, 'from'), FILES)
  chownSync(join(directory, 'from/open/theirs'), 1234, 1234)
  const to = join(directory, 'to')
  const sent = await rsync(here, {
    options: ['--archive', '--hard-links', '--numeric-ids', '--acls', '--xattrs', '--delete', '--ignore-errors'],
    from: { local: `${join(directory, 'from')}/` },
    to: { remote: `${to}/` },
    asEverybody: true,
  })
  const arrived = Object.keys(FILES).filter(path => !path.endsWith('/') && existsSync(join(to, path)))
  t.strictSame(arrived, ['open/all', 'open/others'])
  t.strictSame(
    // Of a directory that cannot be entered, some versions name what is in it.
    sent.denied.map(path => path.replace(/^.*\/from\//, '').replace('listed/all', 'listed')).sort(),
    ['listed', 'open/group', 'open/none', 'open/program', 'open/theirs', 'passable', 'shut'],
  )
  for (const path of ['shut', 'passable', 'listed', 'open/others']) {
    t.equal(statSync(join(to, path)).mode, statSync(join(directory, 'from', path)).mode, `${path} has its mode`)
  }
})

t.test('what was public once does not stay', async t => {
  const directory = scratch(t)
  chmodSync(directory, 0o755)
  const from = join(directory, 'from')
  mkdirSync(from)
  lay(from, { 'a/': [0o755], 'a/chmodded': [0o644], 'a/changed': [0o644], 'b/': [0o755], 'b/x': [0o644] })
  const options = ['--archive', '--delete', '--ignore-errors', '--itemize-changes']
  const job = { options, from: { local: `${from}/` }, to: { remote: `${join(directory, 'to')}/` }, asEverybody: true }
  t.strictSame((await rsync(here, job)).denied, [])
  chmodSync(join(from, 'a/chmodded'), 0o600)
  writeFileSync(join(from, 'a/changed'), 'a password')
  chmodSync(join(from, 'a/changed'), 0o600)
  chmodSync(join(from, 'b'), 0o700)
  const again = await rsync(here, job)
  t.strictSame(again.chmodded, ['a/chmodded'], 'its contents are there: that it may not stay is told')
  t.strictSame(again.denied.map(path => path.slice(from.length)).sort(), ['/a/changed', '/b'])
  t.notMatch(readFileSync(join(directory, 'to/a/changed'), 'utf8'), 'password')
  t.notOk(existsSync(join(directory, 'to/b/x')), 'a directory that was shut is empty')
})

t.test('rules and lists that only root may read', async t => {
  const directory = scratch(t)
  chmodSync(directory, 0o755)
  const from = join(directory, 'from')
  mkdirSync(from)
  lay(from, { 'a/': [0o755], 'a/x y': [0o644], 'a/z': [0o644], 'b/': [0o755], 'b/x': [0o644] })
  const [rules, list] = [join(directory, 'rules'), join(directory, 'list')]
  writeFileSync(rules, '- /a/z\n', { mode: 0o600 })
  writeFileSync(list, './a\0', { mode: 0o600 })
  await rsync(here, {
    options: ['--archive', '--recursive'],
    from: { local: `${from}/` },
    to: { remote: `${join(directory, 'to')}/` },
    ...{ rules, list, asEverybody: true },
  })
  t.strictSame(
    ['a/x y', 'a/z', 'b/x'].map(path => existsSync(join(directory, 'to', path))),
    [true, false, false],
  )
})

t.test('what went wrong otherwise is told', async t => {
  const directory = scratch(t)
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, 'file'), '')
  const job = { options: ['--archive'], from: { local: `${directory}/` }, asEverybody: true }
  await t.rejects(rsync(here, { ...job, to: { remote: `${directory}/file/x/` } }), { message: /Not a directory/ })
  await t.rejects(rsync(here, { ...job, from: { local: '/nowhere/' }, to: { remote: `${directory}/to/` } }), {
    message: /No such file/,
  })
  const abort = new AbortController()
  const running = rsync(here, { ...job, to: { remote: `${directory}/to/` }, signal: abort.signal })
  abort.abort()
  await t.rejects(running, { message: 'the transfer was ended' })
})

t.test('what stands apart is beside the copy, and goes when it is not there any more', async t => {
  const directory = scratch(t)
  const [from, path] = [join(directory, 'from'), join(directory, 'root-1')]
  mkdirSync(from)
  mkdirSync(path)
  lay(from, { 'a/': [0o755], 'a/x': [0o600] })
  const sender = new RootSender(async job => rsync(here, job), 'here', directory)
  await sender.copyApart({ path, base: null }, from, new AbortController().signal)
  t.equal(statSync(join(apartOf(path), 'a/x')).mode & 0o777, 0o600)
  mkdirSync(join(directory, 'empty'))
  await sender.copyApart({ path, base: null }, join(directory, 'empty'), new AbortController().signal)
  t.notOk(existsSync(join(apartOf(path), 'a')))
})

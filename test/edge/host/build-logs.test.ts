import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { BuildLogs } from '../../../lib/edge/host/build-logs.ts'
import { keepAsText } from '../../../lib/edge/host/log-text.ts'
import { requestOf } from '../../core/support.ts'
import { scratch } from './support.ts'

/** Portage's user and group here: only root may give files away. */
const ROOT = process.getuid?.() === 0
const portage = ROOT ? { uid: 250, gid: 251 } : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const CPV = 'app-toy/a-1'

interface Place {
  logdir: string
  runs: string
  /** What a host has, by its path in PORTAGE_LOGDIR there. */
  host: (name: string, content: string | Buffer, mode?: number) => void
  bring: (log: string | null, failed?: boolean, logdir?: string) => Promise<string | null>
}

function place(t: Test): Place {
  const directory = scratch(t)
  const [there, logdir, runs] = ['there', 'log', 'runs'].map(name => join(directory, name)) as [string, string, string]
  mkdirSync(there)
  const host: Place['host'] = (name, content, mode = 0o644) => {
    mkdirSync(dirname(join(there, name)), { recursive: true })
    writeFileSync(join(there, name), content)
    chmodSync(join(there, name), mode)
  }
  host('output', 'what the commands printed\n')
  return {
    ...{ logdir, runs, host },
    bring: async (log, failed = false, at = logdir) => {
      const base = requestOf([])
      const request = { ...base, settings: { ...base.settings, PORTAGE_LOGDIR: at, portage } }
      const logs = new BuildLogs(async (from, to) => copyFile(from, to), 'farm-b', { request, logs: runs })
      const left = { failed, log, directory: there, output: join(there, 'output'), elog: '' }
      return (await logs.bring(left, CPV)).log
    },
  }
}

const NAME = 'app-toy:a-1:20260101-000000.log'

t.test('the log of a build is one of Portage’s here, whoever owned it there', async t => {
  for (const name of [NAME, 'build/app-toy/a-1:20260101-000000.log']) {
    const { logdir, host, bring } = place(t)
    host(name, 'built\n', 0o6755)
    const kept = await bring(name)
    t.equal(kept, join(logdir, name))
    const { mode, uid, gid } = statSync(join(logdir, name))
    t.strictSame([mode & 0o7777, uid, gid], [0o660, portage.uid, portage.gid])
    t.equal(readFileSync(join(logdir, name), 'utf8'), 'built\n')
    t.strictSame([statSync(logdir).uid, statSync(logdir).gid], [portage.uid, portage.gid])
    t.equal(statSync(logdir).mode & 0o7777, 0o2770)
  }
})

t.test('a host makes no other file, and changes none that is here', async t => {
  const { logdir, runs, host, bring } = place(t)
  mkdirSync(logdir)
  const others = ['emerge.log', 'app-toy:b-1:20260101-000000.log', 'wtmp', 'elog/summary.log', NAME]
  for (const name of others) {
    mkdirSync(dirname(join(logdir, name)), { recursive: true })
    writeFileSync(join(logdir, name), 'precious')
    chmodSync(join(logdir, name), 0o600)
    host(name, 'evil', 0o6755)
  }
  for (const name of others) {
    t.equal(await bring(name), null, name)
    t.equal(dirname((await bring(name, true)) ?? ''), runs, `${name}: of a failed build it is kept with the run`)
    t.equal(readFileSync(join(logdir, name), 'utf8'), 'precious')
    t.equal(statSync(join(logdir, name)).mode & 0o7777, 0o600)
  }
  t.strictSame(readdirSync(logdir).sort(), ['elog', ...others.filter(name => !name.includes('/'))].sort())
})

t.test('no link in the log directory is followed', async t => {
  const { logdir, host, bring } = place(t)
  const outside = scratch(t)
  chmodSync(outside, 0o700)
  mkdirSync(join(logdir, 'build'), { recursive: true })
  symlinkSync(outside, join(logdir, 'build/app-toy'))
  symlinkSync(join(outside, 'victim'), join(logdir, NAME))
  host(NAME, 'evil')
  host('build/app-toy/a-1:20260101-000000.log', 'built')
  const before = statSync(outside)
  t.equal(await bring(NAME), null)
  t.notOk(existsSync(join(outside, 'victim')))
  // Where a link is root's own the log goes where Portage would have written it.
  await bring('build/app-toy/a-1:20260101-000000.log')
  const { mode, uid, gid } = statSync(outside)
  t.strictSame([mode, uid, gid], [before.mode, before.uid, before.gid])
})

t.test('without a log directory, and what cannot be had', async t => {
  const { runs, host, bring } = place(t)
  host(NAME, 'failed\n')
  t.equal(await bring(NAME, false, ''), null)
  t.equal(await bring(NAME, true, ''), join(runs, 'app-toy:a-1:farm-b.log'))
  t.equal(readFileSync(join(runs, 'app-toy:a-1:farm-b.log'), 'utf8'), 'failed\n')
  t.equal(await bring(null, true, ''), join(runs, 'app-toy:a-1:farm-b.log'))
  t.equal(readFileSync(join(runs, 'app-toy:a-1:farm-b.log'), 'utf8'), 'what the commands printed\n')
  t.equal(await bring('app-toy:a-1:20260101-111111.log', true), null)
  host(`${NAME}.gz`, 'this is not what gzip makes')
  t.equal(await bring(`${NAME}.gz`, true), null, 'Portage would end with an exception')
  t.strictSame(
    readdirSync(runs).filter(name => name.endsWith('.raw')),
    [],
  )
})

t.test('a log is text: builds may colour it, and not command the terminal', async t => {
  const directory = scratch(t)
  const colours = '\u001b[32;01mgreen\u001b[m \u001b[K50%\r100%\b\t\u001b(B über “日本” 😀\n'
  const evil = '\u001b]0;title\u0007\u001b[2J\u001b[1;1H\u009b2J\0\u001bc\u202e\u001b[8'
  const clean = colours + '\\x1b]0;title\\x07\\x1b[2J\\x1b[1;1H\\xc2\\x9b2J\\x00\\x1bc\\xe2\\x80\\xae\\x1b[8'
  const [from, to] = [join(directory, 'from'), join(directory, 'to')]
  writeFileSync(from, colours + evil)
  await keepAsText(from, to, false)
  t.equal(readFileSync(to, 'utf8'), clean)
  await t.rejects(keepAsText(from, to, false), { code: 'EEXIST' }, 'never over what is there')
  writeFileSync(from, gzipSync(colours + evil))
  await keepAsText(from, `${to}.gz`, true)
  t.equal(gunzipSync(readFileSync(`${to}.gz`)).toString(), clean)
  // Also where pieces begin and end.
  writeFileSync(from, (colours + evil).repeat(5000))
  await keepAsText(from, `${to}.long`, false)
  t.equal(readFileSync(`${to}.long`, 'utf8'), clean.repeat(5000))
})

t.test('a log has an end', async t => {
  const directory = scratch(t)
  const [from, to] = [join(directory, 'from'), join(directory, 'to')]
  writeFileSync(from, gzipSync(Buffer.alloc(50 << 20, 'x')))
  await keepAsText(from, to, true, 1 << 20)
  const text = gunzipSync(readFileSync(to)).toString()
  t.match(text, /^x+\nportage-farm: the rest is left out\n$/)
  t.ok(text.length < 1.1 * 2 ** 20)
})

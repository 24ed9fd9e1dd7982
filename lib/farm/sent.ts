/** Finds out what would leave this system, by the rules and by the means by which it leaves. */
import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FarmConfig } from '../core/config.ts'
import { looksSecret } from '../core/mirror/looks.ts'
import { isBelow } from '../core/mirror/paths.ts'
import { type SentFile, type SentReport, sentTrees } from '../core/mirror/sent.ts'
import { configured } from '../edge/configured.ts'
import { isFile, isSent, listing } from '../edge/host/listing.ts'
import { Apart } from './apart.ts'
import { writeAllRules } from './mirror-places.ts'

/** Where people write settings, and what such files are called elsewhere. Larger files are none. */
const SETTINGS = {
  places: ['/etc', '/usr/local/etc'],
  names: /^(?!\/usr\/(?!local\/)).*\.(?:conf|cfg|ini|ya?ml|toml|env|properties)$/,
  bytes: 2 ** 18,
}
/** What the kernel makes is of no interest to anybody. */
const OF_THE_KERNEL = ['/dev', '/proc', '/run', '/sys']

/** Nothing is sent. What goes besides is copied aside for a moment, into a directory that only root may read. */
export async function whatIsSent(config: FarmConfig): Promise<SentReport> {
  const directory = await mkdtemp(join(tmpdir(), 'pf-sent-'))
  try {
    const rules = await writeAllRules(config, await configured(), directory)
    const unnamed = join(directory, 'unnamed.rules')
    await writeFile(unnamed, rules.unnamed.map(rule => rule + '\n').join(''))
    // One after the other: each looks at all of the system.
    const sent = await listing(rules.files.root)
    const all = await listing(unnamed)
    const open: SentFile[] = sent.entries.filter(isSent).map(({ path, size }) => ({ path, bytes: size }))
    const private_ = sent.entries.filter(each => isFile(each) && !isSent(each)).map(each => each.path)
    const denied = [...sent.denied, ...rules.besides.hidden, ...private_]
    const staged = await new Apart(join(directory, 'apart')).stage(rules, denied, [])
    const besides = await filesBelow(staged)
    const goes = new Set([...open, ...besides].map(each => each.path))
    const named = new Set(sent.entries.map(each => each.path))
    const name = all.entries.filter(({ mode, path }) => !mode.startsWith('d') && !named.has(path) && !goes.has(path))
    const trees = sentTrees(open, besides)
    return {
      trees,
      files: trees.reduce((sum, each) => sum + each.files, 0),
      bytes: trees.reduce((sum, each) => sum + each.bytes, 0),
      besides: besides.map(each => each.path).sort(),
      stays: {
        mode: denied.filter(path => !goes.has(path)).sort(),
        name: name.map(each => each.path).sort(),
        place: await withContents(rules.shut),
      },
      suspicious: await suspicious([...open, ...besides]),
    }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function withContents(directories: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of new Set(directories)) {
    if (OF_THE_KERNEL.includes(path)) continue
    if ((await readdir(path).catch(() => [])).length > 0) found.push(path)
  }
  return found.sort()
}

async function filesBelow(top: string, below = ''): Promise<SentFile[]> {
  const found: SentFile[] = []
  for (const entry of await readdir(join(top, below), { withFileTypes: true })) {
    const path = `${below}/${entry.name}`
    if (entry.isDirectory()) found.push(...(await filesBelow(top, path)))
    else if (entry.isFile()) found.push({ path, bytes: (await lstat(join(top, path))).size })
  }
  return found
}

async function suspicious(files: readonly SentFile[]): Promise<string[]> {
  const settings = files.filter(
    ({ path, bytes }) =>
      bytes <= SETTINGS.bytes && (SETTINGS.names.test(path) || SETTINGS.places.some(place => isBelow(path, place))),
  )
  const found: string[] = []
  for (const { path } of settings) {
    if (looksSecret(await readFile(path, 'latin1').catch(() => ''))) found.push(path)
  }
  return found.sort()
}

/** What a build can see of this system: for telling whether what was built for an earlier run is still what is wanted. */
import { createHash } from 'node:crypto'
import { lstat, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import glob from 'fast-glob'
import type { SystemState } from '../core/run/reuse.ts'

const INSTALLED = '/var/db/pkg'

/** What these say of a package stands in the plan: USE, versions, and what may be installed at all. */
const IN_THE_PLAN = ['use', 'accept_keywords', 'keywords', 'license', 'mask', 'unmask', 'properties', 'accept_restrict']
const IGNORED = [...IN_THE_PLAN.map(name => `package.${name}`), 'farm.yaml']

/** `trees`: the files and directories of Portage's configuration. `repositories`: where they are. */
export async function systemState(trees: readonly string[], repositories: readonly string[]): Promise<SystemState> {
  const [installed, configured] = await Promise.all([
    installedPackages(),
    digest([...trees, ...repositories.map(each => join(each, 'eclass'))]),
  ])
  return { installed, configured }
}

async function installedPackages(): Promise<Record<string, string>> {
  const counters = await glob('*/*/COUNTER', { cwd: INSTALLED })
  const entries = counters.map(async path => {
    const counter = await readFile(join(INSTALLED, path), 'utf8').catch(() => '')
    return [path.replace(/\/COUNTER$/, ''), counter.trim()] as const
  })
  return Object.fromEntries((await Promise.all(entries)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * The same for comparing with other systems: a digest of what is installed, as it was built, and of how it is configured.
 * Two systems that have the same would build the same.
 */
export async function systemDigest(trees: readonly string[], repositories: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  const packages = (await glob('*/*/COUNTER', { cwd: INSTALLED })).map(path => path.replace(/\/COUNTER$/, '')).sort()
  const built = packages.map(async cpv => {
    const fields = AS_BUILT.map(async name => readFile(join(INSTALLED, cpv, name), 'utf8').catch(() => ''))
    return [cpv, ...(await Promise.all(fields))]
  })
  hash.update(JSON.stringify(await Promise.all(built)))
  const files = await filesOf([...trees, ...repositories.map(each => join(each, 'eclass'))])
  const contents = files.map(async path => [path, await contentOf(path)])
  hash.update(JSON.stringify(await Promise.all(contents)))
  return hash.digest('hex')
}

/** What of an installed package tells one build of it from another. */
const AS_BUILT = ['BUILD_TIME', 'repository', 'SLOT', 'USE']

async function contentOf(path: string): Promise<string> {
  const found = await lstat(path).catch(() => null)
  if (found?.isSymbolicLink()) return readlink(path).catch(() => '')
  if (!found?.isFile()) return ''
  return createHash('sha256')
    .update(await readFile(path).catch(() => ''))
    .digest('hex')
}

/** Of the files' names and change times, which cannot be set by hand. */
async function digest(trees: readonly string[]): Promise<string> {
  const lines = (await filesOf(trees)).map(async path => {
    const found = await lstat(path).catch(() => null)
    // A directory shows only what was added to it or removed, which its files do as well.
    return found === null || found.isDirectory() ? '' : `${path} ${found.ctimeMs}\n`
  })
  const hash = createHash('sha256')
  for (const line of await Promise.all(lines)) hash.update(line)
  return hash.digest('hex')
}

async function filesOf(trees: readonly string[]): Promise<string[]> {
  const ignore = IGNORED.flatMap(name => [`**/${name}`, `**/${name}/**`])
  const below = trees.map(async tree => glob('**', { cwd: tree, absolute: true, dot: true, ignore }).catch(() => []))
  return [...new Set([...trees, ...(await Promise.all(below)).flat()])].sort()
}

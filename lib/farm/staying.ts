/** Which of the files that packages name hosts do not get: what such a package would miss there, it has here. */
import { lstat, realpath } from 'node:fs/promises'
import type { Owned } from '../core/mirror/contents.ts'
import { isBelow, parents } from '../core/mirror/paths.ts'
import { matcher } from '../core/mirror/patterns.ts'
import type { PlanRequest } from '../core/request.ts'
import { isKey, isTheSame } from './apart.ts'
import type { Allowed } from './mirror-places.ts'

/** The same request; of each package it says which of what it names stays here. */
export async function withStaying(
  request: PlanRequest,
  rules: Pick<Allowed, 'besides' | 'shut'>,
): Promise<PlanRequest> {
  const names = request.packages.flatMap(each => each.names ?? []).map(each => each.path)
  if (names.length === 0) return request
  const staying = await stayingOf([...new Set(names)], rules)
  const packages = request.packages.map(({ names: all, ...found }) => {
    const stays = all?.filter(each => staying.has(each.path)) ?? []
    return stays.length === 0 ? found : { ...found, stays }
  })
  return { ...request, packages }
}

/** Those of the paths that hosts do not get, by where they really lie. What is not there does not stay. */
export async function stayingOf(
  paths: readonly string[],
  rules: Pick<Allowed, 'besides' | 'shut'>,
): Promise<Set<string>> {
  const { besides } = rules
  const staying = new Set<string>()
  /** Those that go only if a package installed them as they are, by where they really lie. */
  const asked = new Map<string, string[]>()
  const isExcluded = matcher(besides.excluded)
  const goes = async (real: string): Promise<boolean | null> => {
    // The place is there, and empty: as those who name it for where they put something expect.
    if (rules.shut.includes(real)) return true
    if (isExcluded.test(real)) return false
    if (besides.included.some(each => isBelow(real, each))) return true
    if (!besides.isApart(real) && !besides.hidden.includes(real) && (await isReadByAll(real))) return true
    if (besides.read.some(each => isBelow(real, each))) return !besides.staysByName(real) && !(await isPrivate(real))
    return null
  }
  for (const path of paths) {
    const real = await realpath(path).catch(() => null)
    if (real === null) continue
    const found = await goes(real)
    if (found === false) staying.add(path)
    else if (found === null) asked.set(real, [...(asked.get(real) ?? []), path])
  }
  if (asked.size === 0) return staying
  const owned = besides.installed.owned(path => asked.has(path))
  for (const [real, names] of asked) {
    const records = owned.filter(each => each.path === real)
    if (!(await isInstalled(real, records))) for (const name of names) staying.add(name)
  }
  return staying
}

/** Everybody may read it, and finds it: rsync looks for files in directories. */
async function isReadByAll(path: string): Promise<boolean> {
  for (const each of [...parents(path), path]) {
    const found = await lstat(each)
    const needed = found.isDirectory() ? 0o005 : 0o004
    if ((found.mode & needed) !== needed) return false
  }
  return true
}

async function isInstalled(path: string, records: readonly Owned[]): Promise<boolean> {
  const found = await lstat(path)
  if (found.isDirectory()) return records.some(each => each.kind === 'dir')
  const digests = new Set(records.flatMap(each => (each.kind === 'obj' ? [each.md5] : [])))
  return digests.size > 0 && (await isTheSame(path, digests)) && !(await isPrivate(path))
}

async function isPrivate(path: string): Promise<boolean> {
  return (await lstat(path)).isFile() && (await isKey(path))
}

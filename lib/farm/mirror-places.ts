/** What of this system is copied to hosts, and what of it is watched while that goes on. */
import { randomBytes } from 'node:crypto'
import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FarmConfig, LOCAL } from '../core/config.ts'
import { mirrorRules, namesThatStay, withoutPackages } from '../core/mirror/rules.ts'
import { NAMES_THAT_STAY } from '../core/mirror/names.ts'
import { belowAny, isBelow } from '../core/mirror/paths.ts'
import { matcher } from '../core/mirror/patterns.ts'
import { treeByTree } from '../core/mirror/tree-by-tree.ts'
import type { Owned } from '../core/mirror/contents.ts'
import type { Plan } from '../core/plan.ts'
import type { PrepareRequest } from '../core/request.ts'
import { STATE_DIRECTORY } from '../edge/client.ts'
import { watched, type Watched } from '../edge/client-changes.ts'
import { configuration, placeOf } from '../edge/configuration.ts'
import { textOf } from '../edge/host/denials.ts'
import { Installed } from '../edge/mirror/installed.ts'
import { privateWithSeveralNames, withoutItsPackages } from '../edge/mirror/several-names.ts'
import { trees } from '../edge/mirror/trees.ts'
import { storeDirectory } from '../edge/store.ts'

/** Portage's cache of what ebuilds say (portage(5)). */
const CACHE = '/var/cache/edb/dep'

/** What the rules depend on. */
export interface Configured extends Pick<PrepareRequest, 'repositories'> {
  settings: Pick<
    PrepareRequest['settings'],
    'PKGDIR' | 'DISTDIR' | 'PORTAGE_TMPDIR' | 'PORTAGE_LOGDIR' | 'PORTAGE_CONFIGROOT'
  >
}

export interface MirrorRules {
  /** Those for the root without the packages of repositories. */
  root: string
  /** Those for what of these a plan needs. */
  packages: string
  /** Those for what only root may read: what stays by its name. */
  names: string
}

/** What goes besides what everybody may read where programs are. */
export interface Besides {
  installed: Installed
  /** Whether what a package installed there is not copied with all else. */
  isApart: (path: string) => boolean
  /** Whether it is called as what stays. */
  staysByName: (path: string) => boolean
  /** Portage's configuration and records, and repositories. */
  read: string[]
  /** What farm.yaml names, whatever its mode. */
  included: string[]
  /** Patterns of what stays in any case. */
  excluded: string[]
  /** What packages installed where not all is copied: their records are looked through once. */
  apart: () => Promise<Owned[]>
  /** What is denied without asking for it. */
  hidden: string[]
}

export interface Allowed {
  /** The rules. That of the root tells whether they are still the same. */
  texts: MirrorRules
  /** What shows that this system changed while it was copied. */
  watched: Watched
  /** The repositories, each where it really lies. */
  repositories: Configured['repositories']
  /** What Portage knows of ebuilds, where it really lies. */
  cache: string
  besides: Besides
  /** Those for the root without what stays by its name. */
  unnamed: string[]
  /** Places whose contents stay. */
  shut: string[]
  /** Where files may be that rsync must not meet. */
  looked: () => Promise<string[]>
  /** Those that the rules are about: their paths, a character for each byte. */
  hidden: readonly string[]
}

export interface WrittenRules extends Allowed {
  /** The files in which they are. */
  files: MirrorRules
}

/** Writes the rules into a directory, after it was looked for what rsync must not meet. */
export async function writeAllRules(
  config: FarmConfig,
  configured: Configured,
  directory: string,
): Promise<WrittenRules> {
  return lookedThrough(await writeRules(config, configured, directory, []), config, configured, directory)
}

/** The rules with what is found when it is looked for; the same ones, if nothing is. */
export async function lookedThrough(
  rules: WrittenRules,
  config: FarmConfig,
  configured: Configured,
  directory: string,
): Promise<WrittenRules> {
  const hidden = await privateWithSeveralNames(await rules.looked())
  return hidden.length === 0 ? rules : writeRules(config, configured, directory, hidden)
}

/**
 * Writes the rules into a directory.
 *
 * @param hidden files that rsync must not meet: see several-names.ts
 */
export async function writeRules(
  config: FarmConfig,
  configured: Configured,
  directory: string,
  hidden: readonly string[],
): Promise<WrittenRules> {
  const found = await allowed(config, configured, hidden)
  const files = {
    root: join(directory, 'mirror.rules'),
    packages: join(directory, 'packages.rules'),
    names: join(directory, 'names.rules'),
  }
  await Promise.all([
    writeWhole(files.root, found.texts.root),
    writeWhole(files.packages, found.texts.packages),
    writeWhole(files.names, found.texts.names),
  ])
  return { ...found, files }
}

/** What goes and what stays, as this system is now. `hidden`: see writeRules. */
export async function allowed(config: FarmConfig, configured: Configured, hidden: readonly string[]): Promise<Allowed> {
  const { PORTAGE_CONFIGROOT = '/' } = configured.settings
  const [found, installed, shut] = await Promise.all([
    configuration(PORTAGE_CONFIGROOT, configured.repositories),
    Installed.read(),
    placesThatStay(config, configured),
  ])
  const state = installed.owned(path => path.startsWith('/var/lib/') && !path.includes('/', '/var/lib/'.length))
  const { open, records, links, outline, foreign, covered } = await trees(
    state.filter(each => each.kind === 'dir').map(each => each.path),
    shut,
  )
  const repositories = found.repositories.map(each => each.location)
  const places = {
    ...{ open, outline, links, repositories },
    configuration: found.sent,
    shut: [...shut, ...foreign],
    covered: [...covered, ...hidden.map(asPattern)],
  }
  const names = namesThatStay(config.exclude, found.sent)
  const rules = treeByTree(names, mirrorRules(places))
  const cache = await placeOf(CACHE)
  const passed = withoutPackages(repositories, cache)
  const root = [...passed, ...rules]
  const lines = (all: string[]): string => all.map(rule => rule + '\n').join('')
  const texts = { root: lines(root), packages: lines(rules), names: lines([...passed, ...names]) }
  const stays = matcher(NAMES_THAT_STAY)
  const isOpen = belowAny(open)
  const isShut = belowAny([...shut, ...foreign], true)
  const isCovered = belowAny(covered)
  const isApart = (path: string): boolean => !isOpen(path) || isShut(path) || isCovered(path) || stays.test(path)
  let apart: Promise<Owned[]> | null = null
  return {
    texts,
    watched: watched(repositories, found.trees),
    repositories: found.repositories,
    cache,
    besides: {
      installed,
      isApart,
      staysByName: path => stays.test(path),
      apart: async () => (apart ??= Promise.resolve().then(() => installed.owned(isApart))),
      read: [...found.sent, ...records, ...repositories],
      included: config.include,
      excluded: config.exclude,
      hidden: hidden.map(textOf),
    },
    unnamed: [...passed, ...mirrorRules(places)],
    shut: [...outline.filter(path => !open.some(place => isBelow(place, path))), ...shut, ...foreign],
    looked: async () => {
      const ofRepositories = await Promise.all(repositories.map(withoutItsPackages))
      return [...new Set([...open, ...found.sent, ...ofRepositories.flat()])]
    },
    hidden,
  }
}

/** In the place of the earlier ones at once: half of the rules would let through what the other half keeps. */
async function writeWhole(file: string, text: string): Promise<void> {
  const beside = `${file}.${randomBytes(4).toString('hex')}`
  await writeFile(beside, text)
  await rename(beside, file)
}

/** A path, given by its bytes, as text; where it is none, with what matches any character. */
function asPattern(path: string): string {
  const text = textOf(path)
  return text.includes('\uFFFD') ? path.replaceAll(/[\u0080-\u00ff]/g, '\n') : text
}

/** Directories of Portage's and of the farm's own, whose contents stay: by their real paths. */
async function placesThatStay(config: FarmConfig, { settings }: Configured): Promise<string[]> {
  const { PKGDIR, DISTDIR, PORTAGE_TMPDIR, PORTAGE_LOGDIR } = settings
  const own = [STATE_DIRECTORY, storeDirectory(PKGDIR), config.store?.path ?? '']
  const ours = config.hosts.filter(each => each.name === LOCAL).map(each => each.dir)
  const named = [PKGDIR, DISTDIR, PORTAGE_TMPDIR, PORTAGE_LOGDIR, ...own, ...ours].filter(path => path !== '')
  const real = await Promise.all(named.map(placeOf))
  return [...new Set([...named, ...real])]
}

/** The paths of what repositories have of the packages that hosts build: ebuilds, their files, cached metadata. */
export function packagePaths(
  plan: Plan,
  { repositories, cache }: Pick<WrittenRules, 'repositories' | 'cache'>,
): string[] {
  const locations = new Map(repositories.map(each => [each.name, each.location.replace(/\/+$/, '')]))
  const paths = plan.packages.flatMap(({ where, package: { cp, cpv, repo } }) => {
    const location = locations.get(repo)
    if (where !== 'farm' || location === undefined) return []
    return [`${location}/${cp}`, `${location}/metadata/md5-cache/${cpv}`, `${cache}${location}/${cpv}`]
  })
  return [...new Set(paths)]
}

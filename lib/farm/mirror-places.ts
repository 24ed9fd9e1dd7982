/** What of this system is copied to hosts, and what of it is watched while that goes on. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FarmConfig } from '../core/config.ts'
import { mirrorRules, withoutPackages } from '../core/mirror-rules.ts'
import type { Plan } from '../core/plan.ts'
import type { PrepareRequest } from '../core/request.ts'
import { foreignMounts } from '../edge/client.ts'
import { watched, type Watched } from '../edge/client-changes.ts'
import { configuration } from '../edge/configuration.ts'
import { storeDirectory } from '../edge/store.ts'

/** What the rules depend on. */
export type Configured = Pick<PrepareRequest, 'settings' | 'repositories'>

export interface MirrorRules {
  /** The file for the root without the packages of repositories. */
  root: string
  /** The file for what of those a plan needs. */
  packages: string
}

export interface WrittenRules {
  files: MirrorRules
  /** All of them, for telling whether they are still the same. */
  text: string
  /** What shows that this system changed while it was copied. */
  watched: Watched
  /** The repositories, each where it really lies. */
  repositories: Configured['repositories']
}

/** Writes the rules into a directory. */
export async function writeRules(config: FarmConfig, configured: Configured, directory: string): Promise<WrittenRules> {
  const { PKGDIR, DISTDIR, PORTAGE_TMPDIR, PORTAGE_LOGDIR, PORTAGE_CONFIGROOT = '/' } = configured.settings
  const found = await configuration(PORTAGE_CONFIGROOT, configured.repositories)
  const repositories = found.repositories.map(each => each.location)
  const rules = mirrorRules({
    repositories,
    configuration: found.sent,
    excluded: [
      PKGDIR,
      DISTDIR,
      PORTAGE_TMPDIR,
      PORTAGE_LOGDIR,
      storeDirectory(PKGDIR),
      config.store?.path ?? '',
    ].filter(path => path !== ''),
    foreignMounts: await foreignMounts(),
    patterns: config.exclude,
  })
  const files = { root: join(directory, 'mirror.rules'), packages: join(directory, 'packages.rules') }
  const root = [...withoutPackages(repositories), ...rules]
  const lines = (all: string[]): string => all.map(rule => rule + '\n').join('')
  await Promise.all([writeFile(files.root, lines(root)), writeFile(files.packages, lines(rules))])
  return { files, text: lines(root), watched: watched(repositories, found.trees), repositories: found.repositories }
}

/** The paths of what repositories have of the packages that hosts build: ebuilds, their files, cached metadata. */
export function packagePaths(plan: Plan, repositories: Configured['repositories']): string[] {
  const locations = new Map(repositories.map(each => [each.name, each.location.replace(/\/+$/, '')]))
  const paths = plan.packages.flatMap(({ where, package: { cp, cpv, repo } }) => {
    const location = locations.get(repo)
    if (where !== 'farm' || location === undefined) return []
    return [`${location}/${cp}`, `${location}/metadata/md5-cache/${cpv}`, `/var/cache/edb/dep${location}/${cpv}`]
  })
  return [...new Set(paths)]
}

/** The project's own files, found from wherever this module was compiled to. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The path of a file of the project, given relative to its top. */
export function projectFile(path: string): string {
  return join(top, path)
}

/**
 * How a Python of ours is started, before the path of its script: `-I`, so that neither the environment nor a directory of
 * somebody else has a say in which modules it loads; `-B`, so that nothing is written beside the project's files.
 */
export const ISOLATED = ['-I', '-B'] as const

/** The version in package.json. */
export function projectVersion(): string {
  const { version } = JSON.parse(readFileSync(projectFile('package.json'), 'utf8')) as { version: string }
  return version
}

const top = findTop(dirname(fileURLToPath(import.meta.url)))

function findTop(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('portage-farm is not whole: there is no package.json above its modules')
  return findTop(parent)
}

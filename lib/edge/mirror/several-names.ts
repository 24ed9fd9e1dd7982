/**
 * Files with several names that not everybody may read. rsync must not meet them: a sender that is denied such a file and a
 * receiver that wants it under its next name do not come to an end together (rsync 3.2.7 to 3.5.0).
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { isOfPackages } from '../../core/mirror/rules.ts'

/** How many places one command is given. */
const AT_ONCE = 1000

/** Their paths in places, a character for each byte. What is not there is passed over. */
export async function privateWithSeveralNames(places: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (let first = 0; first < places.length; first += AT_ONCE) {
    found.push(...(await foundIn(places.slice(first, first + AT_ONCE))))
  }
  return [...new Set(found)]
}

/** What of a repository is sent without a plan: nobody looks at the thousands of packages. */
export async function withoutItsPackages(repository: string): Promise<string[]> {
  const entries = async (directory: string, isMetadata: boolean): Promise<string[]> => {
    const names = await readdir(directory).catch(() => [])
    return names.filter(name => !isOfPackages(name, isMetadata)).map(name => join(directory, name))
  }
  const metadata = join(repository, 'metadata')
  const top = await entries(repository, false)
  return [...top.filter(path => path !== metadata), ...(await entries(metadata, true))]
}

async function foundIn(places: readonly string[]): Promise<string[]> {
  const argv = [...places, '-type', 'f', '-links', '+1', '!', '-perm', '-004', '-print0']
  // What went away meanwhile is an error to it.
  const { stdout } = await execa('find', argv, { reject: false, stdin: 'ignore', encoding: 'buffer' })
  return Buffer.from(stdout)
    .toString('latin1')
    .split('\0')
    .filter(path => path !== '')
}

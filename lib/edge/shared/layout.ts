/**
 * What lies where in a store. docs/store.md says the same for people.
 *
 *     portage-farm-store            this is one, and of which version
 *     records/KEY.N.PLACE           lib/core/store/record.ts
 *     signs/KEY.N                   the sign of life of who holds an attempt
 *     results/KEY.N.NONCE           binary packages, whole; logs/KEY.N.NONCE: what was said beside them
 *     plans/RUN/                    what an emerge wants: plans.ts
 *     workers/NAME                  who works here: its sign of life
 *     roots/CLIENT/root-N           copies of a client's root: roots.ts
 *     distfiles/                    sources, by their names
 *     binpkgs/                      a PKGDIR of what was committed: hooks/portage_farm/binhost.py
 *     scratch/                      what is not whole yet
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../core/error.ts'
import { isUnmounted } from '../mounts.ts'

const MARK = 'portage-farm-store'
/** It changes when what is there changes its meaning. */
const VERSION = 1

const README = `This directory is a store of portage-farm: emerge leaves here what is to be built, workers
("portage-farm work DIRECTORY") build it, and whoever wants to know what goes on may look.
The files below records/ decide who builds what. None of them is ever changed.
Plans, roots, results and logs are root's alone to read.
`

export const DIRECTORIES = [
  ...['records', 'signs', 'results', 'logs', 'plans', 'workers', 'roots', 'distfiles', 'binpkgs', 'scratch'],
] as const

export type StoreDirectory = (typeof DIRECTORIES)[number]

/**
 * What is nobody's but its owner's, who is root where workers are: copies of roots have programs that run as root, and
 * files of users who are somebody else here; plans, results and logs say what is whose and how it is configured. What
 * people look at to see how things stand, and what other systems install from, may be read by everybody.
 */
const PRIVATE: ReadonlySet<StoreDirectory> = new Set(['roots', 'plans', 'results', 'logs', 'scratch'])

/** A directory that is no store, or cannot be used as one: what is wrong, and what to do. */
export class NoStore extends Error {}

export class Layout {
  readonly path: string

  /** The store that is there. Rejects with a NoStore where there is none. */
  static async open(path: string): Promise<Layout> {
    if (await isMade(path)) return new Layout(path)
    throw new NoStore(`${path} is no store yet: the first emerge or worker that uses it makes it`)
  }

  /** The store that is there, or a new one: in an empty directory that is there, with its mount. Rejects with a NoStore. */
  static async openOrMake(path: string): Promise<Layout> {
    const isNew = !(await isMade(path))
    if (isNew) await refuseUnmeant(path)
    try {
      for (const name of DIRECTORIES) await makeDirectory(join(path, name), PRIVATE.has(name) ? 0o700 : 0o755)
      if (isNew) {
        await writeFile(join(path, 'README'), README)
        await writeFile(join(path, MARK), `${VERSION}\n`)
      }
      // One that was made long ago may be mounted for reading alone.
      const probe = join(path, 'scratch', `probe.${randomBytes(6).toString('hex')}`)
      await writeFile(probe, '')
      await rm(probe, { force: true })
    } catch (error) {
      throw new NoStore(`${path} cannot be written to: ${messageOf(error)}`, { cause: error })
    }
    return new Layout(path)
  }

  private constructor(path: string) {
    this.path = path
  }

  /** Milliseconds since the epoch by the clock that dates the store's files: this machine's may be another, and wrong. */
  async now(): Promise<number> {
    const probe = this.in('scratch', `now.${randomBytes(6).toString('hex')}`)
    await writeFile(probe, '')
    const { ctimeMs } = await stat(probe)
    await rm(probe, { force: true })
    return ctimeMs
  }

  in(directory: StoreDirectory, ...names: string[]): string {
    return join(this.path, directory, ...names)
  }
}

/** Whether there is a store. Rejects with a NoStore where there cannot be one. */
async function isMade(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null)
  if (!found?.isDirectory()) {
    throw new NoStore(`there is no directory ${path} (is it mounted? For a new store, make it: mkdir ${path})`)
  }
  const version = await readFile(join(path, MARK), 'utf8').catch(() => null)
  if (version !== null && version.trim() !== String(VERSION)) {
    const words = JSON.stringify(version.trim().slice(0, 20))
    throw new NoStore(`${path} is a store of version ${words}, and this portage-farm knows ${VERSION}`)
  }
  return version !== null
}

/**
 * Rejects with a NoStore where no new store can be meant: where a mount is missing, and in a directory that holds something
 * else, which is another name that was wanted, mistyped. What another who makes the store has made by now is nothing else,
 * nor what file systems keep in their own root.
 */
async function refuseUnmeant(path: string): Promise<void> {
  if (await isUnmounted(path)) {
    throw new NoStore(`${path} is a mount point in /etc/fstab, and nothing is mounted there: mount ${path}`)
  }
  const names = await readdir(path).catch((error: unknown) => {
    throw new NoStore(`${path} cannot be read: ${messageOf(error)}`, { cause: error })
  })
  const own = new Set<string>([...DIRECTORIES, 'README', MARK, 'lost+found'])
  const other = names.find(name => !own.has(name) && !name.startsWith('.'))
  if (other === undefined) return
  const words = `${path} is no store, and has other things in it (${JSON.stringify(other)})`
  throw new NoStore(`${words}: a new store needs an empty directory, as ${join(path, 'farm')}`)
}

/** Not mkdir's own `recursive`: of what cannot be written to, that says that it is not there. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  // One of before they were private, or under a umask that took more away. Whose it is not can say nothing of it.
  const { mode: found, uid } = await stat(path)
  if ((found & 0o777) !== mode && uid === process.geteuid?.()) await chmod(path, mode)
}

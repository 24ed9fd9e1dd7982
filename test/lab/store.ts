/** The directory that the hosts of a farm without a network share. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fuseProgram } from './images.ts'
import { NFS_URL, NfsServer } from './nfs-server.ts'

/** Where the hosts have it. */
export const STORE = '/mnt/farm'

/** A shared directory that behaves as NFS does: cachefs.c says how. */
export interface CachedStore {
  /** How old what a host sees may be. Default 3. */
  seconds?: number
  /** The least and the most milliseconds that an operation takes. Default 1 and 20. */
  delay?: [number, number]
  /** The probability that the answer to a link(), mkdir(), rename(), unlink() or rmdir() is lost. Default 0. */
  lost?: number
  /** Directories at the top of the store in which nothing takes time or is lost: those with copies of roots. Default []. */
  quick?: string[]
}

/**
 * `true` and `'plain'`: all see the same directory, as it is. `'cached'`: each through caches of its own. `'nfs'`: each by
 * NFS, from a real server.
 */
export type StoreOption = true | 'plain' | 'cached' | 'nfs' | CachedStore

/** How a host is shown a shared directory that it does not see as it is. */
export interface Show {
  /** A program, with what it shows and, after the mount point, its options with spaces between them. */
  program: string
  source: string
  options: string
  /** The process in whose network it runs; null: the host's own. */
  network: number | null
}

/** A shared directory. */
export interface Store {
  /** On this machine: for looking, past all caches. */
  directory: string
  show: Show | null
  /** The server that it is had from. */
  server: NfsServer | null
}

/** Seconds for which a host believes attributes, and that there is no such name, where the directory is had by NFS. */
const NFS_SECONDS = '1'

/** The shared directory of the lab in `directory`. */
export async function makeStore(directory: string, option: StoreOption): Promise<Store> {
  const store = join(directory, 'store')
  await mkdir(store)
  if (option === true || option === 'plain') return { directory: store, show: null, server: null }
  if (option === 'nfs') {
    const program = await fuseProgram('nfsfs', 'fuse3', 'libnfs')
    const server = await NfsServer.start(store)
    const show = { program, source: NFS_URL, options: NFS_SECONDS, network: server.pid }
    return { directory: store, show, server }
  }
  const { seconds = 3, delay = [1, 20], lost = 0, quick = [] } = option === 'cached' ? {} : option
  const options = [`seconds=${seconds},delay=${delay.join('-')},lost=${lost}`, ...quick].join(' ')
  const program = await fuseProgram('cachefs', 'fuse3')
  return { directory: store, show: { program, source: store, options, network: null }, server: null }
}

/** The directory that the hosts of a farm without a network share. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cachefsImage } from './images.ts'

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

/** `true` and `'plain'`: all see the same directory, as it is. `'cached'`: each through caches of its own. */
export type StoreOption = true | 'plain' | 'cached' | CachedStore

/** A shared directory, as a host is given it. */
export interface Store {
  /** On this machine: for looking, past all caches. */
  directory: string
  /** The program that shows it to the host; null if the host sees it as it is. */
  cachefs: string | null
  /** That program's options, with spaces between them. */
  options: string
}

/** The shared directory of the lab in `directory`. */
export async function makeStore(directory: string, option: StoreOption): Promise<Store> {
  const store = join(directory, 'store')
  await mkdir(store)
  if (option === true || option === 'plain') return { directory: store, cachefs: null, options: '' }
  const { seconds = 3, delay = [1, 20], lost = 0, quick = [] } = option === 'cached' ? {} : option
  const options = [`seconds=${seconds},delay=${delay.join('-')},lost=${lost}`, ...quick].join(' ')
  return { directory: store, cachefs: join(await cachefsImage(), 'cachefs'), options }
}

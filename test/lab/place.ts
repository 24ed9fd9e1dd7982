/** Where the lab's own files are, and where it keeps what it makes. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The checkout: the nearest directory upwards with a package.json, whether this file runs from test/ or build/test/. */
export const PROJECT = (() => {
  let directory = import.meta.dirname
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory)
    if (parent === directory) throw new Error(`no package.json above ${import.meta.dirname}`)
    directory = parent
  }
  return directory
})()

/** A script of the lab, by its path in test/lab. */
export const script = (name: string): string => join(PROJECT, 'test/lab', name)

/** The images, made once. Default /var/cache/portage-farm-lab. */
export const CACHE = process.env['PORTAGE_FARM_LAB_CACHE'] ?? '/var/cache/portage-farm-lab'

/** The directories of running labs: a file system of a real disk, since upper layers lie here. */
export const RUNS = process.env['PORTAGE_FARM_LAB_RUNS'] ?? '/var/tmp/portage-farm-lab'

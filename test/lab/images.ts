/** The images that hosts boot from: made once, kept in the cache, never written to afterwards. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { CACHE, script } from './place.ts'

/** The Portage that a lab's client has unless it is told otherwise. */
export const PORTAGE = '3.0.83'

/**
 * The directory of the image `name`, made by the recipe `images/<recipe>.sh` if it is not there yet. Its key is a hash
 * of the recipe, of what the recipe sources, and of its arguments: a changed recipe makes another image.
 */
async function image(name: string, recipe: string, args: string[] = [], identity = ''): Promise<string> {
  const hash = createHash('sha256')
  for (const file of ['debian', recipe]) hash.update(await readFile(script(`images/${file}.sh`)))
  hash.update(JSON.stringify([args, identity, process.arch]))
  const key = `${name}-${hash.digest('hex').slice(0, 12)}`
  const directory = join(CACHE, key)
  if (!existsSync(directory)) {
    await execa(script('images/make.sh'), [CACHE, key, script(`images/${recipe}.sh`), ...args], {
      stdin: 'ignore',
      all: true,
    })
  }
  return directory
}

/** A layer with this machine's Node. */
async function nodeImage(): Promise<string> {
  const { size, mtimeMs } = await stat(process.execPath)
  return image(`node-${process.version}`, 'node', [process.execPath], `${size} ${mtimeMs}`)
}

/** A Debian to build with, laid out as a Gentoo is. */
async function clientImage(): Promise<string> {
  const doubles = script('doubles')
  const names = (await readdir(doubles, { recursive: true, withFileTypes: true }))
    .filter(each => each.isFile())
    .map(each => join(each.parentPath, each.name))
    .sort()
  const sources = await Promise.all(names.map(name => readFile(name, 'utf8')))
  return image('client', 'client', [], sources.join('\0'))
}

/** The layers of a client's root, topmost first: this machine's Node, Portage of that version, a Debian to build with. */
export async function clientImages(portage = PORTAGE): Promise<string[]> {
  return Promise.all([nodeImage(), image(`portage-${portage}`, 'portage', [portage]), clientImage()])
}

/** The layers of a builder's root. */
export async function builderImages(): Promise<string[]> {
  return [await image('builder', 'builder')]
}

/** The layers of the root of a worker: what builds without a network has Node, and no sshd. */
export async function workerImages(): Promise<string[]> {
  return Promise.all([nodeImage(), image('worker', 'worker')])
}

/** The program that shows hosts a shared directory: `<name>.c`, with these libraries by pkg-config's names. */
export async function fuseProgram(name: string, ...libraries: string[]): Promise<string> {
  const source = script(`${name}.c`)
  return join(await image(name, 'fuse', [source, ...libraries], await readFile(source, 'utf8')), name)
}

/** A root with an NFS server. */
export function nfsImage(): Promise<string> {
  return image('nfs', 'nfs')
}

/** A layer with Portage's source tree at /opt/portage and pytest at /opt/pytest: what it takes to run Portage's tests. */
export function portageSuiteImage(portage: string): Promise<string> {
  return image(`portage-suite-${portage}`, 'portage-suite', [portage])
}

/** A layer for any host: its clock can be set. */
export async function clockImage(): Promise<string> {
  return image('clock', 'clock', [], await readFile(script('images/clock.c'), 'utf8'))
}

/**
 * The copies of a client's root in a store.
 *
 *     roots/CLIENT/root-N            a copy
 *     roots/CLIENT/root-N.apart      what of it not everybody may read on the client, or is not in its places: lies over it
 *     roots/CLIENT/root-N.run        the run that it belongs to: written once, and so nobody else's
 *     roots/CLIENT/root-N.complete   it is whole
 *
 * Each run has a copy of its own, since that of another may lie below job roots (overlayfs: what is below must not change).
 * One that nobody uses any more is taken over by a rename, and only what changed is copied; otherwise what is unchanged is
 * linked to the newest (rsync's --link-dest).
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { apartOf } from '../host/root-sender.ts'
import { forget } from './forget.ts'
import { DirectoryRegisters } from './registers.ts'
import type { Layout } from './layout.ts'

export interface RootCopy {
  name: string
  path: string
  /** Another one to link unchanged files from; null: they are here already, or nowhere. */
  base: string | null
  /** There was no copy before. */
  first: boolean
}

export class Roots {
  readonly #directory: string
  readonly #registers: DirectoryRegisters

  constructor(layout: Layout, client: string) {
    this.#directory = layout.in('roots', client)
    this.#registers = new DirectoryRegisters(this.#directory, layout.in('scratch'))
  }

  /** A copy for a run, to be brought up to date. `isFree`: whether nobody uses what a run had any more. */
  async open(run: string, isFree: (run: string) => Promise<boolean>): Promise<RootCopy> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 })
    const before = await this.#copies()
    const number = await this.#take((before[0] ?? 0) + 1, run)
    const path = this.path(number)
    let taken = false
    for (const each of before) {
      const owner = await readFile(`${this.path(each)}.run`, 'utf8').catch(() => '')
      if (!(await isFree(owner))) continue
      if (taken) await this.#remove(each)
      else taken = await this.#takeOver(each, path)
    }
    const base = taken ? undefined : await this.#newestWhole(before)
    await mkdir(path, { recursive: true, mode: 0o755 })
    return { name: `root-${number}`, path, base: base ?? null, first: !taken && base === undefined }
  }

  /** `stale`: files of the client that may not stay in it. */
  async finish({ path }: RootCopy, stale: readonly string[]): Promise<void> {
    await forget(path, stale)
    await writeFile(`${path}.complete`, '')
  }

  path(number: number): string {
    return join(this.#directory, `root-${number}`)
  }

  /** The numbers of the copies, newest first. */
  async #copies(): Promise<number[]> {
    const names = await readdir(this.#directory)
    const numbers = names.flatMap(name => /^root-(\d+)\.run$/.exec(name)?.[1] ?? [])
    return numbers.map(Number).sort((a, b) => b - a)
  }

  async #take(first: number, run: string): Promise<number> {
    for (let number = first; ; number++) if (await this.#registers.write(`root-${number}.run`, run)) return number
  }

  /** False: another run was quicker, or there is nothing. */
  async #takeOver(number: number, path: string): Promise<boolean> {
    await rm(`${this.path(number)}.complete`, { force: true })
    const renamed = await rename(this.path(number), path).then(
      () => true,
      () => false,
    )
    if (renamed) await rename(apartOf(this.path(number)), apartOf(path)).catch(() => undefined)
    await rm(`${this.path(number)}.run`, { force: true })
    return renamed
  }

  async #remove(number: number): Promise<void> {
    await rm(`${this.path(number)}.complete`, { force: true })
    for (const each of [this.path(number), apartOf(this.path(number))]) await rm(each, { recursive: true, force: true })
    await rm(`${this.path(number)}.run`, { force: true })
  }

  async #newestWhole(numbers: readonly number[]): Promise<string | undefined> {
    for (const number of numbers) {
      const whole = await stat(`${this.path(number)}.complete`).catch(() => null)
      if (whole) return this.path(number)
    }
    return undefined
  }
}

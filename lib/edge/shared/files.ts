/** Files of a store: whole under their names, or not there. */
import { randomBytes } from 'node:crypto'
import { copyFile, link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Layout } from './layout.ts'
import { touch } from './unused.ts'

/** Copies a file to where others find it, at once and whole. */
export async function copyWhole(layout: Layout, from: string, to: string): Promise<void> {
  const scratch = layout.in('scratch', `copy.${randomBytes(6).toString('hex')}`)
  try {
    await link(from, scratch).catch(async () => copyFile(from, scratch))
    await moveWhole(scratch, to)
  } finally {
    await rm(scratch, { force: true })
  }
}

/** Moves a file of the store's file system to where others find it. What is in it is safe before its name is. */
export async function moveWhole(from: string, to: string): Promise<void> {
  const file = await open(from, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
  await mkdir(dirname(to), { recursive: true })
  await rename(from, to)
}

/** Brings files into a directory of the store that it lacks, by name and bytes. */
export async function bringMissing(
  layout: Layout,
  files: readonly { from: string; to: string; size: number }[],
): Promise<void> {
  for (const { from, to, size } of files) {
    const there = await stat(to).catch(() => null)
    if (there?.size !== size) await copyWhole(layout, from, to)
    else await touch(to)
  }
}

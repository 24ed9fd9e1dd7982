/** What the tests of what leaves share. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { LabHost } from '../../lab/host.ts'
import { FARM_DIR } from '../../lab/lab.ts'
import { PROJECT } from '../../lab/place.ts'
import { builtOn, lastRun } from '../support.ts'

/** Every text that may not leave begins with it. */
export const MARK = 'leaving-must-not-'

export const sh = async (host: LabHost, script: string): Promise<string> => host.must(['sh', '-ec', script])

/** The test's own programs, which run on hosts. */
export const program = async (name: string): Promise<string> =>
  readFile(join(PROJECT, 'test/emerge/leaving', name), 'utf8')
export const python = async (host: LabHost, name: string, argv: string[] = [], input = ''): Promise<string> =>
  host.must(['python3', '-c', await program(name), ...argv], { input })

/** Merges a toy on a host, and fails if it was built elsewhere. */
export async function merge(t: Test, client: LabHost, cpv: string): Promise<void> {
  const { code, all } = await client.run(['emerge', '--oneshot', `=${cpv}`], { timeout: 600 })
  t.equal(code, 0, all)
  t.equal(builtOn(await lastRun(client), cpv), 'farm-a', `${cpv} was built on the host: ${all}`)
}

/** Whatever of a host's directory has a text in it. */
export async function having(builder: LabHost, text: string): Promise<string[]> {
  const { stdout } = await builder.run(['grep', '-rlaF', '--', text, FARM_DIR])
  return stdout.split('\n').filter(line => line !== '')
}

export interface There {
  path: string
  kind: 'file' | 'directory' | 'link' | 'other'
  mode: string
  owner: string
  content: string
}

/** What a host has below some paths: what stands apart, and the root below it. */
export async function there(builder: LabHost, paths: readonly string[]): Promise<{ apart: There[]; root: There[] }> {
  const layers = JSON.parse(await python(builder, 'there.py', [FARM_DIR, ...paths])) as Record<string, There[]>
  const entries = Object.entries(layers)
  const of = (isApart: boolean): There[] =>
    entries.flatMap(([name, found]) => (name.endsWith('.apart') === isApart ? found : []))
  return { apart: of(true), root: of(false) }
}

/** Which of these paths a host has. */
export async function found(builder: LabHost, paths: readonly string[]): Promise<string[]> {
  const { apart, root } = await there(builder, paths)
  return [...new Set([...apart, ...root].map(each => each.path))].sort()
}

/** What a copy of this system's root takes on a host: as the last one took, or a cheap guess. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface RootSize {
  bytes: number
  files: number
}

const FILE = 'root-size.json'
const VDB = '/var/db/pkg'

/** `state`: where the farm keeps what it remembers. Without an earlier copy it is what the installed packages say. */
export async function rootSize(state: string): Promise<RootSize | null> {
  try {
    return JSON.parse(await readFile(join(state, FILE), 'utf8')) as RootSize
  } catch {
    const bytes = await installedBytes()
    return bytes === 0 ? null : { bytes, files: 0 }
  }
}

export async function keepRootSize(state: string, { bytes, files }: RootSize): Promise<void> {
  const file = join(state, FILE)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify({ bytes, files }) + '\n')
}

/** Portage notes for each package what its files take. */
async function installedBytes(): Promise<number> {
  const categories = await readdir(VDB).catch(() => [])
  const packages = await Promise.all(
    categories.map(async category =>
      (await readdir(join(VDB, category)).catch(() => [])).map(pf => join(category, pf)),
    ),
  )
  const sizes = await Promise.all(
    packages.flat().map(async each => Number(await readFile(join(VDB, each, 'SIZE'), 'utf8').catch(() => '0')) || 0),
  )
  return sizes.reduce((sum, each) => sum + each, 0)
}

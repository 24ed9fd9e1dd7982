/** What the copy of this system's root took the last time. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

export interface RootSize {
  bytes: number
  files: number
}

const FILE = 'root-size.json'

interface Kept extends RootSize {
  /** A digest of the rules by which it was copied. */
  rules: string
}

/** `state`: where the farm keeps what it remembers. Null: there was none by these rules. */
export async function keptRootSize(state: string, rules: string): Promise<RootSize | null> {
  try {
    const kept = JSON.parse(await readFile(join(state, FILE), 'utf8')) as Kept
    return kept.rules === digestOf(rules) ? { bytes: kept.bytes, files: kept.files } : null
  } catch {
    return null
  }
}

export async function keepRootSize(state: string, rules: string, { bytes, files }: RootSize): Promise<void> {
  const file = join(state, FILE)
  const kept: Kept = { bytes, files, rules: digestOf(rules) }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify(kept) + '\n')
}

function digestOf(rules: string): string {
  return createHash('sha256').update(rules).digest('hex')
}

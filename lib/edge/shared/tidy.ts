/** Removes from a store what nobody has named for long. */
import { readdir, rm, stat } from 'node:fs/promises'
import { parseRecordName } from '../../core/store/record.ts'
import type { Layout } from './layout.ts'

/** Seconds after the last record of a build from which it is not kept any more: two weeks. */
const KEPT = 14 * 24 * 3600
/** Seconds after which what is not whole will not become so: two days. Whoever wrote it was killed. */
const UNFINISHED = 2 * 24 * 3600

/** Removes what those who were killed had not got whole. `now`: by Layout.now(). */
export async function tidyUnfinished(layout: Layout, now: number): Promise<void> {
  const offered = (await readdir(layout.in('binpkgs'))).filter(name => name.startsWith('.incoming-'))
  const unfinished = [
    ...(await readdir(layout.in('scratch'))).map(name => layout.in('scratch', name)),
    ...offered.map(name => layout.in('binpkgs', name)),
  ]
  for (const path of unfinished) {
    // Not when it was written: what is linked there may be an old file.
    const { ctimeMs } = await stat(path).catch(() => ({ ctimeMs: now }))
    if (now - ctimeMs > UNFINISHED * 1000) await rm(path, { recursive: true, force: true })
  }
}

/**
 * Removes the builds of which nothing was recorded for two weeks, with their results and logs.
 *
 * @param isKept whether a build is to stay all the same: some plan wants it, or what it says is still of use
 * @param now by Layout.now()
 */
export async function tidy(layout: Layout, isKept: (key: string) => boolean, now: number): Promise<string[]> {
  const newest = new Map<string, number>()
  for (const name of await readdir(layout.in('records'))) {
    const found = parseRecordName(name)
    const { mtimeMs } = await stat(layout.in('records', name)).catch(() => ({ mtimeMs: now }))
    if (found) newest.set(found.key, Math.max(newest.get(found.key) ?? 0, mtimeMs))
  }
  const old = new Set([...newest].filter(([key, time]) => now - time > KEPT * 1000 && !isKept(key)).map(([key]) => key))
  if (old.size === 0) return []
  // Records last: until then it is known what the other files are.
  for (const directory of ['results', 'logs', 'signs', 'records'] as const) {
    for (const name of await readdir(layout.in(directory))) {
      if (old.has(name.split('.')[0] ?? '')) await rm(layout.in(directory, name), { recursive: true, force: true })
    }
  }
  return [...old]
}

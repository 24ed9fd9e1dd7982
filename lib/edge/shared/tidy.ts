/** Removes from a store what will not become whole. */
import { readdir, rm, stat } from 'node:fs/promises'
import type { Layout } from './layout.ts'

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

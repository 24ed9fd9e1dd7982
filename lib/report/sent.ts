/** What would leave this system, for a person. */
import type { SentReport } from '../core/mirror/sent.ts'
import { printable } from '../core/printable.ts'
import { bytes } from '../core/units.ts'

/** Lists are shown to so many; all is in --json. */
const MOST = 40

export function sentLines({ trees, files, bytes: all, besides, stays, suspicious }: SentReport): string[] {
  return [
    `a host gets ${files} files of this system, ${bytes(all)}:`,
    ...trees.map(
      tree => `  ${printable(tree.path).padEnd(12)} ${bytes(tree.bytes).padStart(9)} in ${tree.files} files`,
    ),
    ...list('of these go though not everybody may read them, or from places that else stay', besides),
    ...list('stays, since not everybody may read it', stays.mode),
    ...list('stays for its name', stays.name),
    ...list('stays, but for what packages installed there', stays.place),
    ...list('goes, and looks as if it held a password or a key (chmod it, or exclude: it in farm.yaml)', suspicious),
  ]
}

function list(what: string, paths: readonly string[]): string[] {
  if (paths.length === 0) return []
  const more = paths.length > MOST ? [`  and ${paths.length - MOST} more: see --json`] : []
  return [`${what}:`, ...paths.slice(0, MOST).map(path => `  ${printable(path)}`), ...more]
}

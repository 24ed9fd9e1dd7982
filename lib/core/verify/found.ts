/** What a binary package says of itself, and the differences from what was planned. */
import type { Dependencies, RequestPackage } from '../request.ts'

/** Read by Portage's own code on the client (hooks/portage_farm/binary.py). */
export interface BinaryMetadata extends Pick<
  RequestPackage,
  'cpv' | 'slot' | 'subSlot' | 'repo' | 'eapi' | 'use' | 'dependencies' | 'variables'
> {
  format: 'gpkg' | 'xpak'
  /** Absent: Portage was told to keep one instance of each version only. */
  buildId: number | null
  /** The SHA-256 of the ebuild in it; null: there is none. */
  ebuild: string | null
  /** Whether the environment of its build is in it, whole. */
  environment: boolean
  /** IUSE, KEYWORDS, INHERITED, …: sorted words. */
  recorded: Record<string, string>
  /** What each `:=` was bound to, in the order in which they are written; null: to nothing. */
  bindings: Partial<Record<keyof Dependencies, { atom: string; slot: string | null }[]>>
  /** The libc atoms of RDEPEND. */
  libc: string[]
  /** Those of them that nothing satisfies here. */
  unmetLibc: string[]
  /** The sonames of REQUIRES that neither this system nor the plan has, as `category: soname`. */
  missingSonames: string[]
}

/** One difference, by its name in docs/verification.md. `planned` and `found` are for people. */
export interface Mismatch {
  what: string
  planned: string
  found: string
}

/** Mismatches as one line. */
export function describeMismatches(mismatches: readonly Mismatch[]): string {
  return mismatches.map(({ what, planned, found }) => `${what}: planned "${planned}", built "${found}"`).join('; ')
}

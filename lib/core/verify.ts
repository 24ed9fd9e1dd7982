/** Is what came back what was planned? */
import type { RequestPackage } from './request.ts'

/** What a binary package says of itself, read by Portage's own code on the client. */
export interface BinaryMetadata extends Pick<
  RequestPackage,
  'cpv' | 'slot' | 'subSlot' | 'repo' | 'eapi' | 'use' | 'dependencies' | 'variables'
> {
  /** Atoms with a `:=` that should have been bound to a sub-slot while building, and were not. */
  unbound: string[]
}

/** One difference, by name. `planned` and `found` are for people. */
export interface Mismatch {
  what: string
  planned: string
  found: string
}

const DEPENDENCY_KINDS = ['DEPEND', 'RDEPEND', 'BDEPEND', 'PDEPEND', 'IDEPEND'] as const

/**
 * Portage records CFLAGS and the like after src_install, so an ebuild that filters or appends flags (flag-o-matic.eclass)
 * makes them differ from what was planned, rightly. What no ebuild changes is compared.
 */
const COMPARED_VARIABLES = ['CHOST', 'CBUILD'] as const

/** Every difference between the plan and a binary package; none means that it may be committed. */
export function verify(planned: RequestPackage, found: BinaryMetadata): Mismatch[] {
  const mismatches: Mismatch[] = []
  const compare = (what: string, wanted: string, got: string): void => {
    if (wanted !== got) mismatches.push({ what, planned: wanted, found: got })
  }
  compare('package', planned.cpv, found.cpv)
  compare('slot', planned.slot, found.slot)
  compare('sub-slot', planned.subSlot, found.subSlot)
  compare('repository', planned.repo, found.repo)
  compare('EAPI', planned.eapi, found.eapi)
  compare('USE', planned.use.join(' '), found.use.join(' '))
  for (const name of COMPARED_VARIABLES) compare(name, planned.variables[name] ?? '', found.variables[name] ?? '')
  for (const kind of DEPENDENCY_KINDS) {
    compare(kind, planned.dependencies[kind] ?? '', found.dependencies[kind] ?? '')
  }
  for (const atom of found.unbound) mismatches.push({ what: 'slot operator', planned: 'bound', found: atom })
  return mismatches
}

/** Mismatches as one line. */
export function describeMismatches(mismatches: readonly Mismatch[]): string {
  return mismatches.map(({ what, planned, found }) => `${what}: planned "${planned}", built "${found}"`).join('; ')
}

/** Are the slot operators of a binary package bound to what will be here? */
import type { Binding, BindingCandidate, Expected } from '../request.ts'
import type { BinaryMetadata, Mismatch } from './found.ts'

const KINDS = ['BDEPEND', 'DEPEND', 'IDEPEND', 'PDEPEND', 'RDEPEND'] as const

/** `isCommitted`: whether a package of the plan came to be, so that it was there when this one was built. */
export function compareBindings(
  expected: Expected['bindings'],
  found: BinaryMetadata['bindings'],
  isCommitted: (id: string) => boolean,
): Mismatch[] {
  return KINDS.flatMap(kind => {
    const bound = found[kind] ?? []
    return (expected[kind] ?? []).flatMap(({ atom, candidates }, index): Mismatch[] => {
      const got = bound[index]
      // The dependencies themselves are compared, too: if one is not there at all, that says so.
      if (got === undefined) return []
      const may = slotsOf({ atom, candidates }, isCommitted)
      if (may.includes(got.slot)) return []
      const planned = `${atom} as ${may.map(slot => slot ?? 'unbound').join(' or ')}`
      return [{ what: got.slot === null ? 'slot operator' : 'binding', planned: `${kind} ${planned}`, found: got.atom }]
    })
  })
}

/** What Portage could have found; null: nothing. More than one only where the moment of an uninstall decides. */
function slotsOf({ candidates }: Binding, isCommitted: (id: string) => boolean): (string | null)[] {
  const slots: (string | null)[] = []
  for (const candidate of candidates) {
    if (!isThere(candidate, isCommitted)) continue
    slots.push(candidate.slot)
    if (candidate.removed !== true) return slots
  }
  return [...slots, null]
}

function isThere(candidate: BindingCandidate, isCommitted: (id: string) => boolean): boolean {
  if (candidate.package !== undefined) return isCommitted(candidate.package)
  return !(candidate.replacedBy ?? []).some(isCommitted)
}

/** Is what came back what was planned? */
import type { RequestPackage } from '../request.ts'
import { compareBindings } from './bindings.ts'
import type { BinaryMetadata, Mismatch } from './found.ts'
import { compareConfigured, compareRecorded } from './variables.ts'

/** What else is known when a package comes back. */
export interface Circumstances {
  /** Its path in the PKGDIR of the job root. */
  place: string
  /** BINPKG_FORMAT here: Portage takes no other. */
  format: string
  /** Whether a package of the plan is committed. */
  isCommitted: (id: string) => boolean
  /** The build variables as Portage gave them to the build; null if the host could not say. */
  configured: Readonly<Record<string, string>> | null
}

const DEPENDENCY_KINDS = ['DEPEND', 'RDEPEND', 'BDEPEND', 'PDEPEND', 'IDEPEND'] as const

/** Every difference between the plan and a binary package; none means that it may be committed. */
export function verify(planned: RequestPackage, found: BinaryMetadata, circumstances: Circumstances): Mismatch[] {
  const { expected } = planned
  const dependencies = DEPENDENCY_KINDS.flatMap(kind =>
    compare(kind, planned.dependencies[kind] ?? '', found.dependencies[kind] ?? ''),
  )
  return [
    ...compare('package', planned.cpv, found.cpv),
    ...compare('slot', planned.slot, found.slot),
    ...compare('sub-slot', planned.subSlot, found.subSlot),
    ...compare('repository', planned.repo, found.repo),
    ...compare('EAPI', planned.eapi, found.eapi),
    ...compare('USE', planned.use.join(' '), found.use.join(' ')),
    ...compare('format', circumstances.format, found.format),
    ...comparePlace(planned, found, circumstances.place),
    ...(expected === undefined ? [] : compare('ebuild', expected.ebuild, found.ebuild ?? 'none')),
    ...Object.entries(expected?.recorded ?? {}).flatMap(([name, words]) =>
      compare(name, words, found.recorded[name] ?? ''),
    ),
    ...(circumstances.configured === null ? [] : compareConfigured(planned.variables, circumstances.configured)),
    ...compareRecorded(planned, found.variables),
    ...dependencies,
    // Where dependencies differ, nothing says which belongs to which.
    ...(dependencies.length > 0
      ? []
      : compareBindings(expected?.bindings ?? {}, found.bindings, circumstances.isCommitted)),
    ...compareLibc(expected?.libc ?? [], found),
    ...found.missingSonames.map(soname => ({ what: 'REQUIRES', planned: 'a library that is here', found: soname })),
    ...(found.environment ? [] : [{ what: 'environment', planned: 'that of its build', found: 'none that is whole' }]),
  ]
}

function compare(what: string, planned: string, found: string): Mismatch[] {
  return planned === found ? [] : [{ what, planned, found }]
}

/** Portage lays binary packages out by their names, and with a build id if it keeps several instances. */
function comparePlace({ cp, cpv }: RequestPackage, { format, buildId }: BinaryMetadata, place: string): Mismatch[] {
  const instance = `${cp}/${cpv.split('/')[1] ?? ''}-${buildId ?? ''}`
  const places = format === 'gpkg' ? [`${instance}.gpkg.tar`, `${cpv}.gpkg.tar`] : [`${instance}.xpak`, `${cpv}.tbz2`]
  return places.includes(place) ? [] : [{ what: 'path', planned: places[0] ?? '', found: place }]
}

/**
 * Since 3.0.57 Portage adds `>=` the libc that is installed where something is built, so that nobody installs it beside
 * an older one. Where none is in the vdb it adds nothing.
 */
function compareLibc(own: readonly string[], { libc, unmetLibc }: BinaryMetadata): Mismatch[] {
  const left = [...libc]
  for (const atom of own) {
    const index = left.indexOf(atom)
    if (index < 0) return [{ what: 'libc', planned: own.join(' '), found: libc.join(' ') }]
    left.splice(index, 1)
  }
  return left
    .filter(atom => !atom.startsWith('>=') || unmetLibc.includes(atom))
    .map(atom => ({ what: 'libc', planned: 'at most the one that is here', found: atom }))
}

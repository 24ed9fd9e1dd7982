/** Which packages may leave the client, and to which hosts: farm.yaml's policies, and the farm's own rules. */
import type { FarmConfig, HostConfig } from './config.ts'
import { fifoOf, isPlaceForFifo } from './jobserver.ts'
import { printable } from './printable.ts'
import type { RequestPackage, RequestSettings } from './request.ts'

/** What farm.yaml says of it: a FarmConfig is one. */
export interface Policy extends Pick<FarmConfig, 'stay' | 'kernelModules'> {
  hosts: readonly HostPolicy[]
}

export type HostPolicy = Pick<HostConfig, 'name' | 'only' | 'not' | 'prefer'>

/** That of a farm.yaml which has only hosts. */
export const NO_POLICY: Policy = { stay: [], kernelModules: 'stay', hosts: [] }

/** Where a package is built. */
export interface Where {
  /** `farm`: on a host. `home`: left to Portage here. `ready`: a binary package that is already here. */
  where: 'farm' | 'home' | 'ready'
  /** Why it is left to Portage here; empty otherwise. */
  reason: string
}

/** What a package may have against and for hosts, by host: the words of farm.yaml for it. */
export interface HostWishes {
  barred: ReadonlyMap<string, string>
  preferred: ReadonlyMap<string, string>
}

/** All patterns of a farm.yaml, each once: Portage says which of them a package matches. */
export function patternsOf({ stay, hosts }: Policy): string[] {
  return [...new Set([...stay, ...hosts.flatMap(host => [...(host.only ?? []), ...host.not, ...host.prefer])])]
}

/** What becomes of signatures of binary packages: none, made here, or asked for and made by nobody. */
export type Signatures = 'none' | 'made' | 'asked'

/** Hosts have no keys: what comes back is signed here, once it was verified. An xpak cannot be signed. */
export function signaturesOf({ FEATURES, BINPKG_FORMAT }: RequestSettings): Signatures {
  if (FEATURES.includes('binpkg-signing') && BINPKG_FORMAT === 'gpkg') return 'made'
  return FEATURES.includes('binpkg-request-signature') ? 'asked' : 'none'
}

/** The packages that stay with Portage here, whatever the hosts can do. `signatures`: of packages that are made for PKGDIR. */
export function whereToBuild(found: RequestPackage, signatures: Signatures, policy: Policy): Where {
  if (found.type === 'binary') {
    return found.path === undefined ? home('its binary package is fetched here') : { where: 'ready', reason: '' }
  }
  if (found.root !== '/') return home(`it is for the root ${found.root}`)
  if (signatures === 'asked')
    return home('it is made for PKGDIR, where packages must be signed, and nobody here signs them')
  const pattern = firstMatch(found, policy.stay)
  if (pattern !== undefined) return home(`farm.yaml has it stay: ${pattern}`)
  if (found.restrict.includes('fetch') && !hasItsFiles(found)) {
    return home('RESTRICT=fetch, and what it fetches is not here')
  }
  const fifo = fifoOf(found.makeflags)
  if (fifo !== null && !isPlaceForFifo(fifo)) {
    return home(`its MAKEFLAGS name a job server at ${fifo}, and a host can have one only below /dev, /run or /tmp`)
  }
  if (found.properties.includes('interactive')) return home('PROPERTIES=interactive')
  const module = found.inherited.find(eclass => /^linux-mod(-r\d+)?$/.test(eclass))
  if (module !== undefined && policy.kernelModules === 'stay') {
    return home(`it builds kernel modules (${module}.eclass)`)
  }
  const [missed] = found.stays ?? []
  if (missed) return home(`${missed.by} names ${printable(missed.path)}, which hosts do not get`)
  const { barred } = hostWishes(found, policy)
  if (policy.hosts.length > 0 && barred.size === policy.hosts.length) {
    return home(`farm.yaml lets no host build it (${[...barred].map(([host, why]) => `${host}: ${why}`).join('; ')})`)
  }
  return { where: 'farm', reason: '' }
}

/** Which hosts must not have a package, and which are to have it before others. */
export function hostWishes(found: RequestPackage, { hosts }: Policy): HostWishes {
  const barred = new Map<string, string>()
  const preferred = new Map<string, string>()
  for (const { name, only, not, prefer } of hosts) {
    const never = firstMatch(found, not)
    const wanted = firstMatch(found, prefer)
    if (never !== undefined) barred.set(name, `not ${never}`)
    else if (only !== null && firstMatch(found, only) === undefined) barred.set(name, `only ${only.join(', ')}`)
    else if (wanted !== undefined) preferred.set(name, wanted)
  }
  return { barred, preferred }
}

function home(reason: string): Where {
  return { where: 'home', reason }
}

function firstMatch({ matches = [] }: RequestPackage, patterns: readonly string[]): string | undefined {
  return patterns.find(pattern => matches.includes(pattern))
}

/** Nothing is fetched for it elsewhere: its files must be here, to be sent. */
function hasItsFiles({ distfiles }: RequestPackage): boolean {
  return distfiles.length > 0 && distfiles.every(file => file.here === true)
}

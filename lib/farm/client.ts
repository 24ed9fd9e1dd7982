/** The client's part of a run: verifying what arrives, and committing it. */
import type { PlannedPackage } from '../core/plan.ts'
import { signaturesOf } from '../core/policy.ts'
import type { PlanRequest, RequestSettings } from '../core/request.ts'
import { describeMismatches } from '../core/verify/found.ts'
import { verify } from '../core/verify/verify.ts'
import type { Arrived } from '../edge/host/job.ts'
import type { Inspector } from '../edge/inspector.ts'
import { digestOf, placeOf, type Store, type StoredPackage } from '../edge/store.ts'
import type { FarmClient } from './parts.ts'

/** What an image may have more than the host said: it counted a file's bytes, and not what holds them. */
const IMAGE = { times: 2, more: 64 * 2 ** 20 }

/** `largest`: bytes that a package, or the image in it, may have. */
export function farmClient(request: PlanRequest, store: Store, inspector: Inspector, largest: number): FarmClient {
  const { settings } = request
  const signs = signaturesOf(settings) === 'made'
  const order = new Map(request.mergeList.map((id, position) => [id, position]))
  /** The libcs that will be here when a package is installed: those that are, and those that come before it. */
  const libcFor = (target: PlannedPackage, committed: ReadonlyMap<string, StoredPackage>): string[] =>
    (request.libc ?? [])
      .filter(each => each.package === undefined || committed.has(each.package))
      .filter(each => each.package === undefined || (order.get(each.package) ?? Infinity) < target.position)
      .map(each => each.cpv)
  return {
    commit: async (target, { arrived }, committed) => {
      const mismatch = await whatIsWrong(target, arrived, {
        inspector,
        settings,
        libc: libcFor(target, committed),
        committed,
        most: imageOf(arrived.usage.disk, largest),
      })
      if (mismatch !== null) return { mismatch }
      if (signs) await inspector.sign(arrived.path)
      const stored = await store.commit(arrived.path, arrived.place)
      return { stored: signs ? stored : { ...stored, sha256: arrived.sha256 } }
    },
    reuse: async (target, path, committed) => {
      const { size, sha256 } = await digestOf(path)
      const arrived = { path, place: placeOf(path), size, sha256, configured: null }
      const here = { inspector, settings, libc: libcFor(target, committed), committed, most: largest }
      const mismatch = await whatIsWrong(target, arrived, here)
      if (mismatch !== null) return { mismatch }
      return { stored: { ...(await store.take(path, arrived.place)), sha256 } }
    },
    adopt: async (path, place) => store.adopt(path, place),
  }
}

type FileOf = Pick<Arrived, 'path' | 'place' | 'size' | 'sha256' | 'configured'>

interface Here {
  inspector: Inspector
  settings: RequestSettings
  libc: string[]
  committed: ReadonlyMap<string, StoredPackage>
  /** Bytes that the image may have. */
  most: number
}

/** `disk`: what the host said of the build's working directory and image; null: nothing. */
function imageOf(disk: number | null, largest: number): number {
  return disk === null ? largest : Math.min(largest, disk * IMAGE.times + IMAGE.more)
}

/** By the names of docs/verification.md. */
async function whatIsWrong(target: PlannedPackage, arrived: FileOf, here: Here): Promise<string | null> {
  const { size, sha256 } = await digestOf(arrived.path)
  if (size !== arrived.size || sha256 !== arrived.sha256) {
    return `checksum: ${arrived.size} bytes with SHA-256 ${arrived.sha256} were built, ${size} with ${sha256} arrived`
  }
  const needs = target.needs.flatMap(id => here.committed.get(id)?.path ?? [])
  const inspected = await here.inspector.inspect(arrived.path, { libc: here.libc, needs, most: here.most })
  if (!inspected.ok) return `${inspected.what}: ${inspected.reason}`
  const mismatches = verify(target.package, inspected.metadata, {
    place: arrived.place,
    format: here.settings.BINPKG_FORMAT,
    isCommitted: id => here.committed.has(id),
    configured: arrived.configured === null ? null : normalized(arrived.configured),
  })
  return mismatches.length > 0 ? describeMismatches(mismatches) : null
}

/** White space as Portage records it, and nothing that is empty. */
function normalized(variables: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(variables).map(
    ([name, value]) => [name, value.trim().replaceAll(/\s+/g, ' ')] as const,
  )
  return Object.fromEntries(entries.filter(([, value]) => value !== ''))
}

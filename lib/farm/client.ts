/** The client's part of a run: verifying what arrives, and committing it. */
import type { PlannedPackage } from '../core/plan.ts'
import { describeMismatches, verify } from '../core/verify.ts'
import type { Arrived } from '../edge/host/job.ts'
import type { Inspector } from '../edge/inspector.ts'
import { digestOf, type Store } from '../edge/store.ts'
import type { FarmClient } from './parts.ts'

export function farmClient(store: Store, inspector: Inspector): FarmClient {
  return {
    commit: async (target, { arrived }) => {
      const mismatch = await whatIsWrong(target, arrived, inspector)
      if (mismatch !== null) return { mismatch }
      return { stored: await store.commit(arrived.path, arrived.place) }
    },
    adopt: async path => store.adopt(path),
  }
}

async function whatIsWrong(target: PlannedPackage, arrived: Arrived, inspector: Inspector): Promise<string | null> {
  const { size, sha256 } = await digestOf(arrived.path)
  if (size !== arrived.size || sha256 !== arrived.sha256) {
    return `checksum: ${arrived.size} bytes with SHA-256 ${arrived.sha256} were built, ${size} with ${sha256} arrived`
  }
  const inspected = await inspector.inspect(arrived.path)
  if (!inspected.ok) return `binary package: ${inspected.reason}`
  const mismatches = verify(target.package, inspected.metadata)
  return mismatches.length > 0 ? describeMismatches(mismatches) : null
}

/** `YYYYMMDD-HHMMSS` in UTC, as Portage names its logs. */
export function timestamp(date: Date): string {
  return date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
}

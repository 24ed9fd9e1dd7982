/** What a run adds to what is remembered. */
import type { FarmEvent } from '../event.ts'
import { UNMEASURED, type Observation } from './observation.ts'
import type { Plan } from '../plan.ts'

/**
 * The build that an event tells of, for the history; null for all other events. Builds on this system are not among
 * them, since emerge.log has those.
 */
export function observationOf(event: FarmEvent, plan: Plan): Observation | null {
  if (event.type !== 'built') return null
  const found = plan.byId.get(event.package)?.package
  if (!found) return null
  const { cpv, cp, distfiles } = found
  const sourceBytes = distfiles.reduce((sum, file) => sum + file.size, 0)
  return {
    cpv,
    cp,
    host: event.host,
    seconds: event.seconds,
    ...(event.usage ?? UNMEASURED),
    sourceBytes,
    at: event.at,
  }
}

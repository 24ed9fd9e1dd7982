/** What names a build in a store: two builds of the same key would come to the same. */
import type { Plan, PlannedPackage } from '../plan.ts'
import { buildOf } from '../run/reuse.ts'
import type { PlanRequest } from '../request.ts'

export interface KeyParts {
  /** Names the run: what is only here is nobody else's. */
  run: string
  request: PlanRequest
  plan: Plan
  /** A digest of what is installed and configured, by its contents. */
  system: string
  /** Builds of earlier runs that this one can use, by package. */
  known: ReadonlyMap<string, string>
  /** A digest as 32 hexadecimal digits or more. */
  hash: (text: string) => string
}

/** The key of each package of a plan. */
export function buildKeys({ run, request, plan, system, known, hash }: KeyParts): Map<string, string> {
  const { portage, environment, settings } = request
  // Where the client keeps its own files shows in no package.
  const { PKGDIR, DISTDIR, PORTAGE_LOGDIR, ...others } = settings
  const common = JSON.stringify([portage, environment, others, system])
  const keys = new Map<string, string>()
  const keyOf = (each: PlannedPackage): string => {
    const { id, package: found } = each
    // A binary package that is here may be anybody's.
    if (found.type === 'binary') return hash(JSON.stringify([run, PKGDIR, DISTDIR, PORTAGE_LOGDIR, id]))
    const steps = each.steps.map(step => [step.operation, keys.get(step.id) ?? step.id])
    return hash(JSON.stringify([common, buildOf(found), steps]))
  }
  for (const each of plan.packages) keys.set(each.id, known.get(each.id) ?? keyOf(each).slice(0, 32))
  return keys
}

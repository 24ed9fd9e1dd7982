/** Leaves a plan in a store, with all that workers need for it. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Observation } from '../../core/history/observation.ts'
import type { Plan } from '../../core/plan.ts'
import type { Policy } from '../../core/policy.ts'
import type { PlanRequest } from '../../core/request.ts'
import type { Reusable } from '../../core/run/reuse.ts'
import { buildKeys } from '../../core/store/key.ts'
import { goesOn } from '../../edge/earlier-runs.ts'
import type { HostContext } from '../../edge/host/job.ts'
import { whichAreHere } from '../../edge/host/transfers.ts'
import { projectVersion } from '../../edge/project.ts'
import { bringMissing } from '../../edge/shared/files.ts'
import type { Layout } from '../../edge/shared/layout.ts'
import type { Plans } from '../../edge/shared/plans.ts'
import { systemDigest } from '../../edge/system-state.ts'
import type { WrittenRules } from '../mirror-places.ts'
import type { Needs } from '../needs.ts'
import type { SettledRoot } from './store-root.ts'

/** What a plan is published from. */
export interface PlanParts {
  run: string
  context: HostContext
  request: PlanRequest
  plan: Plan
  policy: Policy
  needs: Needs
  rules: WrittenRules
  /** CFLAGS and the like, as configured for all packages. */
  variables: Record<string, string>
  /** Of builds, as far as it is remembered. */
  observations: readonly Observation[]
  /** Where the farm keeps what it remembers here. */
  state: string
  /** What earlier runs of this system left of use. */
  reusable: Reusable
}

/** Returns the keys of the plan's builds, by package. What earlier runs of this system left is over then. */
export async function publish(
  plans: Plans,
  { layout, root }: SettledRoot,
  parts: PlanParts,
): Promise<ReadonlyMap<string, string>> {
  const { run, context, request, plan, policy, needs, rules, observations } = parts
  const before = await plansOf(plans, context.client, parts.state)
  const keys = buildKeys({
    run,
    request,
    plan,
    system: await systemDigest(
      rules.watched.trees,
      rules.repositories.map(each => each.location),
    ),
    known: knownKeys(before, parts.reusable),
    hash: text => createHash('sha256').update(text).digest('hex'),
  })
  const [client, cpu, { trial, native, name }] = await Promise.all([
    needs.client(parts.variables),
    needs.ofPlan(request),
    needs.trial(request),
    offerDistfiles(layout, request, plan),
  ])
  const built = new Set(plan.packages.map(each => each.package.cp))
  await plans.publish({
    run,
    version: projectVersion(),
    client: context.client,
    hostname: context.hostname,
    machine: context.machine,
    root: root.name,
    request,
    policy: { stay: policy.stay, kernelModules: policy.kernelModules, hosts: [] },
    keys: Object.fromEntries(keys),
    needs: { client, cpu },
    trial: { trial, native: [...native], name },
    observations: observations.filter(each => built.has(each.cp)),
    stuckAfter: context.stuckAfter,
  })
  // Not before: what of it this plan wants is gone on with.
  await Promise.all(before.map(async each => plans.end(each.run)))
  return keys
}

interface Before {
  run: string
  keys: Record<string, string>
}

/**
 * The plans that earlier runs of this system left, and that nobody goes on with. `state`: as in PlanParts.
 *
 * Only those of which this system knows that they are its own and over: a plan in its name of which it knows nothing may be
 * that of another system which was made from the same image, and lives. When it does not, workers see that by its sign.
 */
export async function plansOf(plans: Plans, client: string, state: string): Promise<Before[]> {
  const names = (await plans.living()).filter(each => goesOn(state, each) === false)
  const read = await Promise.all(names.map(async name => plans.read(name).catch(() => null)))
  return read.flatMap(each => (each?.client === client ? [{ run: each.run, keys: each.keys }] : []))
}

/** By package: the key of what an earlier run had built, or was having built, if it is what this one wants. */
function knownKeys(before: readonly Before[], { running, committed }: Reusable): Map<string, string> {
  const known = new Map<string, string>()
  // The newest counts: names begin with the time.
  for (const { keys } of before.toSorted((a, b) => (a.run < b.run ? -1 : 1))) {
    for (const id of [...running.keys(), ...committed.keys()]) {
      const key = keys[id]
      if (key !== undefined) known.set(id, key)
    }
  }
  return known
}

/** Sources that are here and may be wanted there. */
async function offerDistfiles(layout: Layout, { settings }: PlanRequest, plan: Plan): Promise<void> {
  const wanted = plan.packages.filter(each => each.where === 'farm').flatMap(each => each.package.distfiles)
  const here = await whichAreHere(settings.DISTDIR, wanted)
  const files = here.map(({ name, size }) => ({
    from: join(settings.DISTDIR, name),
    to: layout.in('distfiles', name),
    size,
  }))
  await bringMissing(layout, files)
}

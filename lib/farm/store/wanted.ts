/** What the plans of a store name that are not over: nothing of it is removed. */
import type { Plans } from '../../edge/shared/plans.ts'
import type { Wanted } from '../../edge/shared/unused.ts'

export async function wantedBy(plans: Plans): Promise<Wanted> {
  const living = await Promise.all((await plans.living()).map(async run => plans.read(run).catch(() => null)))
  const distfiles = living.flatMap(plan => plan?.request.packages.flatMap(each => each.distfiles) ?? [])
  return {
    keys: new Set(living.flatMap(plan => Object.values(plan?.keys ?? {}))),
    distfiles: new Set(distfiles.map(each => each.name)),
    isRunWanted: async run => run !== '' && !(await plans.isAbandoned(run)),
  }
}

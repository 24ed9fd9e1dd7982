/** The plan as the scheduler sees it: tasks, with what is remembered of such builds. */
import type { Estimate, Experience } from '../history/estimate.ts'
import type { Plan, PlannedPackage } from '../plan.ts'
import type { Task } from '../schedule/model.ts'

/** The part of a host's memory that builds may take. */
export const MEMORY_PART = 0.9

/** Seconds of installing one package into a job root, at speed 1. Measured on small packages: emerge's start and the merge. */
const INSTALL_SECONDS = 0.4

/** At speed 1, also what is built on this system. `hosts`: the names of all that farm.yaml has. */
export function tasksOf(plan: Plan, experience: Experience, hosts: readonly string[]): Task[] {
  return plan.packages.map(each => {
    const { cpv, cp, distfiles } = each.package
    const sourceBytes = distfiles.reduce((sum, file) => sum + file.size, 0)
    return taskOf(each, plan, experience.estimate({ cpv, cp, sourceBytes }), hosts)
  })
}

function taskOf(
  each: PlannedPackage,
  plan: Plan,
  { seconds, parallel, memory, from }: Estimate,
  hosts: readonly string[],
): Task {
  const { id, needs, where, barred, preferred } = each
  const isGuess = from !== 'version' && from !== 'package'
  if (where === 'ready') return { id, needs: [], seconds: 0 }
  if (where === 'home') return { id, needs, seconds, isGuess }
  return {
    id,
    needs,
    seconds,
    parallel,
    memory: memory ?? 0,
    install: INSTALL_SECONDS * missingSteps(each, plan),
    ...(barred.size > 0 ? { hosts: hosts.filter(host => !barred.has(host)) } : {}),
    ...(preferred.size > 0 ? { prefer: [...preferred.keys()] } : {}),
    isGuess,
  }
}

/** What is to be installed into its job root, if that is one in which something that it needs was built. */
function missingSteps({ steps, needs }: PlannedPackage, plan: Plan): number {
  const there = needs.reduce((most, need) => Math.max(most, plan.byId.get(need)?.steps.length ?? 0), 0)
  return steps.length - there
}

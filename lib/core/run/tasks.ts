/** The plan as the scheduler sees it: tasks, with what is remembered of such builds. */
import type { HostRoom } from '../event.ts'
import type { Estimate, Experience } from '../history/estimate.ts'
import type { Plan, PlannedPackage } from '../plan.ts'
import type { HostSpec, Task } from '../schedule/model.ts'

/** The part of a host's memory, and of what is free on its disk, that builds may take. */
const ROOM_PART = 0.9

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
  { seconds, parallel, memory, disk, bytes, from }: Estimate,
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
    disk: disk ?? 0,
    bytes: bytes ?? 0,
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

/** A host as the scheduler sees it. `has`: what it had when it joined; null: it never did. */
export function hostOf(name: string, slots: number, experience: Experience, has: HostRoom | null): HostSpec {
  const bandwidth = experience.bandwidth(name)
  return {
    name,
    slots,
    speed: experience.speed(name),
    ...(has ? { cores: has.cores, memory: has.memory * ROOM_PART } : {}),
    ...(has?.disk === undefined ? {} : { disk: has.disk * ROOM_PART }),
    ...(bandwidth === null ? {} : { bandwidth }),
  }
}

/**
 * The host that is to have a task which needs more memory, or more disk, than any of them has: the one with most; null if
 * it fits one. What a build once took elsewhere is no proof that it needs as much; and who waits for a host that is not
 * there waits in vain.
 */
export function roomiest(task: Task, able: readonly HostSpec[]): HostSpec | null {
  const { memory = 0, disk = 0 } = task
  const [first, ...others] = able
  if (!first || able.some(host => memory <= memoryOf(host) && disk <= diskOf(host))) return null
  return others.reduce((most, each) => {
    const more = memoryOf(each) - memoryOf(most) || diskOf(each) - diskOf(most)
    return more > 0 ? each : most
  }, first)
}

function memoryOf({ memory = Infinity }: HostSpec): number {
  return memory
}

function diskOf({ disk = Infinity }: HostSpec): number {
  return disk
}

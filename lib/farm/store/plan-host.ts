/** A worker's own host for a plan of a store: job roots over the client's root as it lies there, or over a copy of it. */
import { randomBytes } from 'node:crypto'
import type { HostConfig } from '../../core/config.ts'
import { cpuProblems, hostProblems } from '../../core/host-check.ts'
import type { HostFacts } from '../../core/host-facts.ts'
import { DEFAULT_KEEP } from '../../core/keep.ts'
import { trialProblem } from '../../core/trial.ts'
import { AgentError, type AgentSource } from '../../edge/host/agent.ts'
import { BuildHost } from '../../edge/host/build-host.ts'
import type { BuildContext, HostContext } from '../../edge/host/job.ts'
import { HostRefused } from '../../edge/host/link.ts'
import { apartOf } from '../../edge/host/root-sender.ts'
import type { PublishedPlan } from '../../edge/shared/plans.ts'

/** Seconds that what a worker began is kept by its host when the worker is gone: nobody could use it. */
const LINGER = 0

export interface PlanHostParts {
  plan: PublishedPlan
  /** The client's root in the store. */
  root: string
  worker: { name: string; jobs: number; dir: string }
  source: AgentSource
  /** A private directory here. */
  runtime: string
  build: BuildContext
  signal: AbortSignal
  /** A copy is made, since the root cannot be used where it lies. */
  copying: () => Promise<void>
}

/** Throws a HostRefused with what this machine lacks, or another Error. */
export async function planHost(parts: PlanHostParts): Promise<{ host: BuildHost; facts: HostFacts }> {
  const direct = await bringUp(parts, { provider: 'path', path: parts.root }).catch((error: unknown) => {
    // A file system that cannot lie below an overlay, or where programs may not be run, shows only when it is tried.
    if (error instanceof AgentError || isExecution(error)) return null
    throw error
  })
  if (direct) return direct
  await parts.copying()
  return bringUp(parts, { provider: 'mirror' })
}

function isExecution(error: unknown): boolean {
  return error instanceof HostRefused && error.problems.every(each => each.name === 'execution')
}

async function bringUp(parts: PlanHostParts, root: HostConfig['root']): Promise<{ host: BuildHost; facts: HostFacts }> {
  const { plan, worker, signal } = parts
  const config: HostConfig = {
    ...worker,
    ssh: null,
    root,
    ...{ makeopts: null, clean: false, identity: null, knownHosts: null, only: null, not: [], prefer: [] },
  }
  const prefix = `${plan.run}-${worker.name}-`
  const context = contextOf(parts, prefix + randomBytes(3).toString('hex'))
  const nothing = (): void => undefined
  const host = new BuildHost(config, context, 0, { silent: nothing, back: nothing })
  try {
    const facts = await host.connect()
    const { dir, jobs } = config
    const mirror = root.provider === 'mirror'
    refuseIf(hostProblems(facts, plan.needs.client, { ssh: null, dir, jobs, mirror }, Date.now()))
    refuseIf(cpuProblems(facts, plan.needs.cpu))
    await host.join()
    if (mirror) {
      await host.openMirror()
      await host.mirror.copyAll(parts.root, nothing, signal)
      await host.mirror.copyApart(apartOf(parts.root), signal)
      await host.mirror.finish([])
    }
    const { trial, native } = plan.trial
    const problem = trialProblem(await host.tryOut(trial), trial, new Map(native))
    if (problem) throw new HostRefused([problem])
    host.begin(parts.build)
    // What a worker of this name left here before it was killed.
    await host.takeOver(run => (run.startsWith(prefix) && run !== context.run ? new Set() : null))
    host.tidy(DEFAULT_KEEP)
    return { host, facts }
  } catch (error) {
    await host.leave()
    throw error
  }
}

function contextOf({ plan, source, runtime }: PlanHostParts, run: string): HostContext {
  const { client, hostname, machine, stuckAfter } = plan
  // What it builds is its own: whose plan it is looks at how much that is.
  const limits = { connectTimeout: 10, stuckAfter, largestPackage: Infinity, linger: LINGER }
  return { run, client, hostname, machine, runtime, source, ...limits }
}

function refuseIf(problems: ReturnType<typeof cpuProblems>): void {
  const those = problems.filter(each => each.level === 'refuse')
  if (those.length > 0) throw new HostRefused(those)
}

/** What is said between a run and its hosts. */
import type { Fault } from '../../core/event.ts'
import type { Plan } from '../../core/plan.ts'
import type { PlanRequest } from '../../core/request.ts'
import type { Store } from '../store.ts'
import type { AgentSource } from './agent.ts'

/** What a host says of itself when it joins. Memory in bytes. */
export interface HostFacts {
  run: string
  distfiles: string
  hostname: string
  machine: string
  cores: number
  memory: number
}

/** What all hosts of a run have in common. */
export interface RunContext {
  run: string
  /** Names the client on the hosts. */
  client: string
  hostname: string
  /** Seconds. */
  connectTimeout: number
  /** A private directory here, with a short path, for control sockets and rule files. */
  runtime: string
  /** Where logs are brought. */
  logs: string
  source: AgentSource
  request: PlanRequest
  plan: Plan
  store: Store
}

/** A file that came back, not yet compared with the plan. */
export interface Arrived {
  path: string
  place: string
  size: number
  sha256: string
  seconds: number
}

export type BuildResult =
  | { ok: true; arrived: Arrived }
  /** `log`: the build's log, brought here, if there is one. */
  | { ok: false; fault: Fault; reason: string; log: string | null }

/** What a build reports while it runs. */
export interface BuildEvents {
  started: (root: string, installs: string[]) => void
  building: () => void
  phase: (phase: string) => void
}

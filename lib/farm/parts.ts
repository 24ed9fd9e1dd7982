/** What a run is made of: the interfaces at its side effects. */
import type PQueue from 'p-queue'
import type { FarmEvent, Happening } from '../core/event.ts'
import type { BuildWords, EmergeMessage, FarmMessage } from '../core/message.ts'
import type { Plan, PlannedPackage } from '../core/plan.ts'
import type { Experience } from '../core/history/estimate.ts'
import type { Player } from '../core/run/run-schedule.ts'
import type { Reusable } from '../core/run/reuse.ts'
import type { RunState } from '../core/run/run-state.ts'
import type { Task } from '../core/schedule/model.ts'
import type { BuildResult } from '../edge/host/job.ts'
import type { StoredPackage } from '../edge/store.ts'

/** A host, as the loop needs it. */
export interface FarmHost {
  readonly name: string
  readonly jobs: number
  /** Admits builds: one slot for each job. */
  readonly queue: PQueue
  /** Connects, brings the client's root there, reports how it goes; throws an Error if the host cannot be used. */
  bringUp(report: (happening: Happening) => void, signal: AbortSignal): Promise<void>
  /** Once it is up: the packages that an earlier run left there, done or at work. To build those is to wait for them. */
  readonly leftovers: readonly string[]
  /** Resolves with the reason when the host is lost. */
  readonly lost: Promise<string>
  /** After it was lost: resolves when it takes builds again. Rejects when the signal says that nobody waits. */
  comeBack(signal: AbortSignal): Promise<void>
  /** Makes it a lost one: what it is at work on fails. */
  drop(reason: string): Promise<void>
  build(
    target: PlannedPackage,
    committed: ReadonlyMap<string, StoredPackage>,
    /** For MAKEOPTS. */
    cores: number,
    report: (happening: Happening) => void,
    signal: AbortSignal,
  ): Promise<BuildResult>
  /** Ends everything there. */
  leave(): Promise<void>
  /** Leaves it, with what runs there going on. */
  detach(): Promise<void>
}

/** Hosts that take by themselves what is ready: the workers of a store. They show as hosts when they come. */
export interface Workers {
  /** What stands for them among the hosts until one of them shows. */
  readonly name: string
  /** Lets them begin; what they do arrives from then on. */
  begin(put: (arrival: Arrival) => void): Promise<void>
  /** Something happened in the run: what became ready is theirs, what was committed or given up is told to them. */
  apply(event: FarmEvent): void
  /** Ends everything. */
  leave(): Promise<void>
  /** Leaves them, with what they are at work on going on. */
  detach(): Promise<void>
}

/** What the loop needs of the client. */
export interface FarmClient {
  /** Compares an arrived package with the plan and makes it a committed one, or says what is wrong with it. */
  commit(
    target: PlannedPackage,
    result: BuildResult & { ok: true },
    committed: ReadonlyMap<string, StoredPackage>,
  ): Promise<{ stored: StoredPackage } | { mismatch: string }>
  /** Takes what an earlier run committed, if it is what this plan wants. */
  reuse(
    target: PlannedPackage,
    path: string,
    committed: ReadonlyMap<string, StoredPackage>,
  ): Promise<{ stored: StoredPackage } | { mismatch: string }>
  /** Takes a package that is in PKGDIR already. */
  adopt(path: string, place?: string): Promise<StoredPackage>
}

export interface RunParts {
  run: string
  version: string
  portage: string
  plan: Plan
  keepGoing: boolean
  /** What earlier runs left. */
  reusable: Reusable
  hosts: FarmHost[]
  /** In the place of hosts. Default: none. */
  workers?: Workers | null
  /** What is remembered of builds and hosts. */
  experience: Experience
  /** Who decides what is built where. Default: the scheduler. */
  player?: ((tasks: readonly Task[]) => Player) | undefined
  client: FarmClient
  /** To emerge, where there is one. */
  send: (message: FarmMessage) => void
  /** Whether an emerge installs what is committed, and says when it is done. */
  hasEmerge: boolean
  /** Is told of every event, after the state has taken it in. */
  onEvent: (event: FarmEvent, state: RunState) => void
}

/** What arrives in a run's inbox. */
export type Arrival =
  | { from: 'host'; happening: Happening }
  | { from: 'emerge'; message: EmergeMessage }
  | { from: 'built'; target: PlannedPackage; host: string; result: BuildResult }
  | { from: 'verified'; happening: Happening & { type: 'committed' }; stored: StoredPackage; words: BuildWords }
  | { from: 'verified'; happening: Happening & { type: 'attempt-failed' }; stored: null }
  /** `detached`: what hosts are at work on goes on there. */
  | { from: 'stop'; reason: string; detached: boolean }
  /** Time has passed. */
  | { from: 'alarm' }

/** What is said between a run and its hosts. */
import type { Fault } from '../../core/event.ts'
import type { BuildWords, BuiltFile } from '../../core/message.ts'
import type { Plan } from '../../core/plan.ts'
import type { PlanRequest } from '../../core/request.ts'
import type { AgentSource } from './agent.ts'
import type { BringLog, LogKeeper } from './build-logs.ts'

/** What all hosts of a run have in common before there is a plan. */
export interface HostContext {
  run: string
  /** Names the client on the hosts. */
  client: string
  hostname: string
  /** The client's machine, as uname says it. */
  machine: string
  /** Seconds. */
  connectTimeout: number
  /** A private directory here, with a short path, for control sockets and rule files. */
  runtime: string
  source: AgentSource
  /** Seconds without a sign of life after which a job is ended; 0: never. */
  stuckAfter: number
  /** Seconds for an answer, for a transfer to get on, and those after which a job is given up that should have ended. Default 300. */
  patience?: number
  /** Seconds after which a job is given up, whatever is heard of it. Default: three days. */
  longestJob?: number
  /** Bytes that a package, or the image in it, may have. */
  largestPackage: number
  /** Seconds that a host keeps what it did for the run when nobody asks for it any more. */
  linger: number
}

/** What is to be built, and what comes of it. */
export interface BuildContext {
  request: PlanRequest
  plan: Plan
  store: PackageStore
  /** Where distfiles are on this side. */
  distfiles: string
  /** Where logs are brought. */
  logs: string
  /** What becomes of logs. Default: BuildLogs. */
  logKeeper?: (bringLog: BringLog) => LogKeeper
}

/** Where packages come from and go to on this side. */
export interface PackageStore {
  /** The directory whose entries are the committed packages. */
  readonly committed: string
  /** A place for a file on its way in. */
  incoming(name: string): string
}

/** Where a run's own directory is on a host, and where its distfiles are. */
export interface HostPlace {
  run: string
  distfiles: string
  /** Earlier runs of this client that are still kept there. */
  others: string[]
}

/** A file that came back, not yet compared with the plan. */
export interface Arrived extends BuiltFile {
  path: string
}

export type BuildResult = BuildWords & ({ ok: true; arrived: Arrived } | { ok: false; fault: Fault; reason: string })

/** What a build reports while it runs. */
export interface BuildEvents {
  started: (root: string, installs: string[]) => void
  building: () => void
  phase: (phase: string) => void
}

/** The agent's answer to a job. `code`: of the step that ended it; negative: the signal that did. */
export interface JobDone {
  code: number
  step: string
  /** It was ended, as it neither computed nor wrote for so long as farm.yaml says. */
  stuck: boolean
  /** The kernel killed something on the host in that time, for want of memory. */
  outOfMemory: boolean
  /** Next to nothing was free on the host's disk when it had failed. */
  outOfSpace: boolean
  seconds: number
  /** What that step took: CPU seconds, and the most memory at a time, in bytes. */
  cpuSeconds: number
  memory: number
  /** Bytes of the build's working directory and image at its end; null: Portage did not say. */
  disk: number | null
  files: { path: string; size: number; sha256: string }[]
  /** Portage's own log of the build, by its path in the job's PORTAGE_LOGDIR; null if there is none. */
  log: string | null
  /** The messages of the build's phases. */
  elog: string
  /** Why no binary package can hold what was built, if that is so. */
  unfit?: string
  /** What the steps printed, the last 64 KiB of it: for jobs that asked for it, and those that left no package. */
  output?: string
}

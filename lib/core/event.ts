/** Everything that can happen in a run. State, reports, history and resumption are folds over these. */
import type { Usage } from './history/observation.ts'
import type { HostProblem } from './host-facts.ts'

/** When it happened, in milliseconds since the epoch, and its number in the run, from 0. */
export interface Stamp {
  at: number
  seq: number
}

/** Whose fault a failed attempt is: it decides where the package is tried next. */
export type Fault =
  /** The build itself failed: it would probably fail again. */
  | 'package'
  /** The host could not do it: another one can. */
  | 'host'
  /** What came back is not what was planned. */
  | 'mismatch'
  /** The distfiles could not be had there. */
  | 'fetch'
  /** This system could not take what was built: another host changes nothing. */
  | 'client'
  /** No binary package can hold what was built: it has to be built where it is installed. */
  | 'unfit'

/** What a host has: memory, and what is free on its disk, in bytes. Logs of before it was looked at lack the latter. */
export interface HostRoom {
  cores: number
  memory: number
  disk?: number
}

export type Happening =
  | { type: 'run-started'; run: string; version: string; portage: string; hosts: string[] }
  | { type: 'planned'; package: string; cpv: string; needs: string[]; rank: number; where: 'farm' | 'home' | 'ready' }
  | { type: 'host-connecting'; host: string }
  /** `warnings`: what is not as it should be there, and does not keep it from building. */
  | ({ type: 'host-joined'; host: string; hostname: string; warnings?: HostProblem[] } & HostRoom)
  | { type: 'mirror-started'; host: string; generation: string; first: boolean }
  | { type: 'mirror-progress'; host: string; bytes: number; percent: number }
  /** `bytes` of `size` were sent. `files`: how many files, directories and links were looked at. */
  | { type: 'mirror-finished'; host: string; bytes: number; size: number; files?: number; seconds: number }
  | { type: 'host-ready'; host: string; jobs: number }
  /** The plan and this system's root are in the store: `host` stands for the workers until one of them shows. */
  | { type: 'published'; host: string; packages: number; seconds: number }
  /** The host lacks something: it is not used in this run. `problems`: those that count, and others that it has. */
  | { type: 'host-refused'; host: string; problems: HostProblem[] }
  /** Its connection was cut, or it does not answer; it is tried to be reached again. */
  | { type: 'host-silent'; host: string; reason: string }
  /** It answers again; its jobs went on meanwhile. */
  | { type: 'host-back'; host: string }
  /** The host is not used any more in this run, unless it becomes ready again. What it was at work on is given up. */
  | { type: 'host-lost'; host: string; reason: string }
  /** Everything that the package needs is committed. */
  | { type: 'package-ready'; package: string }
  /**
   * `cores`: what MAKEOPTS is to give it. `why`: what spoke for this host, in words. A package may have a second job, on
   * another host: the first that is committed counts.
   */
  | { type: 'job-started'; package: string; host: string; attempt: number; cores: number; why?: string[] }
  /** What was chosen for the job: the root it runs in, and what is installed into that first. */
  | { type: 'root-chosen'; package: string; host: string; root: string; installs: string[] }
  /** The job's root has what the package needs; Portage begins. */
  | { type: 'build-started'; package: string; host: string }
  | { type: 'phase'; package: string; host: string; phase: string }
  /** The host is done, what came back is not yet compared with the plan. `usage`: what the build took there. */
  | { type: 'built'; package: string; host: string; seconds: number; bytes: number; usage?: Usage }
  /** The job was ended, or came to nothing, as its package was not needed any more from there. */
  | { type: 'job-cancelled'; package: string; host: string }
  /** `log`: of the build, brought here; null if there is none. */
  | { type: 'attempt-failed'; package: string; host: string; fault: Fault; reason: string; log: string | null }
  /** `run`: the earlier run that it was built for. `elog`: the messages of its build. */
  | { type: 'committed'; package: string; host: string; path: string; seconds: number; elog?: string; run?: string }
  /** The package is left to the client. */
  | { type: 'sent-home'; package: string; reason: string }
  | { type: 'home-started'; package: string }
  /** The package is given up: its build here failed, or there is no emerge here. `log`: of the last build on a host, if any. */
  | { type: 'failed'; package: string; reason: string; log: string | null }
  /** It will not be built in this run, because of `by`, which failed, or since the run stops. */
  | { type: 'withdrawn'; package: string; by: string | null }
  | { type: 'installed'; package: string }
  | { type: 'install-failed'; package: string }
  | { type: 'interrupted' }
  | { type: 'run-ended'; code: number | null }

/** An event of a run: what happened, and when. */
export type FarmEvent = Happening & Stamp

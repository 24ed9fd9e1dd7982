/** The messages between emerge and the library: JSON lines, the same whoever started whom. */
import type { Usage } from './history/observation.ts'
import type { PlanRequest, PrepareRequest } from './request.ts'

/** What emerge says. */
export type EmergeMessage =
  /** Portage is about to resolve: hosts may be brought up. Comes first, or not at all. */
  | PrepareRequest
  | PlanRequest
  /** Portage began to build a package at home. */
  | { type: 'home-started'; id: string }
  /** The binary package of what was built at home: its dependents may have it. `place`: its path within its PKGDIR. */
  | { type: 'home-built'; id: string; path: string; place?: string }
  /** Portage installed the package. */
  | { type: 'merged'; id: string }
  /** Portage could not build it at home, or could not install it. */
  | { type: 'merge-failed'; id: string }
  /** The user interrupted emerge: end every job. */
  | { type: 'interrupt' }
  /** It goes on without the farm, or not at all: why. The only message then. */
  | { type: 'aside'; reason: string }
  /** Portage is done; `code` is what emerge is about to return. */
  | { type: 'end'; code: number }

/** The file that a build came to, as whoever built it tells. */
export interface BuiltFile {
  /** Its path within a PKGDIR, as Portage laid it out. */
  place: string
  /** Bytes. */
  size: number
  sha256: string
  /** Seconds of building. */
  seconds: number
  /** The build variables as Portage gave them to the build; null if the job did not say. */
  configured: Record<string, string> | null
  usage: Usage
}

/** What Portage said while it built a package on a host. */
export interface BuildWords {
  /** The build's log, brought here; null if there is none, or none to keep. */
  log: string | null
  /** The messages of its phases, as Portage's elog module `save` writes them; empty if there are none. */
  elog: string
}

/** What the library says. */
export type FarmMessage =
  /**
   * farm.yaml is good. Said first, before the plan is awaited. `patterns`: package atoms out of it, with wildcards; the
   * plan says which packages match them.
   */
  | { type: 'ready'; protocol: number; version: string; patterns: string[] }
  /** farm.yaml is not good; nothing was started. */
  | { type: 'refused'; text: string }
  /**
   * No host reads the client's root any more: Portage may change it. Until then nothing is merged, built or removed
   * here, so that every host gets the same root.
   */
  | { type: 'go' }
  /**
   * The binary package of `id` is verified and whole: merge it when its turn comes. `sha256`: of what was verified;
   * absent where it was signed here since.
   */
  | ({ type: 'commit'; id: string; path: string; sha256?: string; host: string; seconds: number } & BuildWords)
  /** Build this one here. `share`: a host needs it, so it is made a binary package too. */
  | { type: 'home'; id: string; reason: string; share: boolean }
  /** This one is not going to be built in this run, because another one failed: it stays in the resume list. */
  | { type: 'withdraw'; id: string }
  | { type: 'say'; level: 'info' | 'warn' | 'error'; text: string }
  /** One line for the status display, without colour. */
  | { type: 'progress'; text: string }
  /** Everything is cleaned up; emerge may return. */
  | { type: 'bye' }

/** What a scenario says. The harness runs it twice from the same start, with plain emerge and with the farm. */
import type { LabHost } from '../lab/host.ts'
import type { ToyOptions } from '../lab/repo.ts'
import type { Seed } from '../lab/seed.ts'

/** One thing that is done on the client. */
export type Step =
  /** The words after `emerge`; exit code 0 is expected. */
  | string[]
  /** An emerge with more to say about it. `env` is added to its environment; `exit` is the code expected, default 0. */
  | { emerge: string[]; env?: Record<string, string>; exit?: number }
  /** A script for `bash -e`. Its failure is an error of the scenario. */
  | { shell: string }
  /** Files and symbolic links, by their absolute path. */
  | { files: Seed }
  /** Toys, by cpv: as `ebuilds` of the scenario. */
  | { ebuilds: Record<string, ToyOptions> }

/** What must be true of the farm's side, so that a scenario cannot pass without having shown anything. */
export interface Expectation {
  /**
   * Packages that the farm leaves to the client: cpv, and a part of the reason that its event log gives. All others of
   * the merge lists must have been built on a host. Default none.
   */
  home?: Record<string, string>
  /** Packages of the merge lists that nobody gets to build: they fail, or need one that does. Default none. */
  unbuilt?: string[]
  /** Packages that the farm's merge lists have as binary packages which are there already. Default none. */
  ready?: string[]
  /** How many hosts must have built something. Default 1, if anything is built. */
  hosts?: number
  /** False if the farm has nothing to build in any step, and no merge list may reach it. Default true. */
  farm?: boolean
}

export interface Scenario {
  /** Words with hyphens, unique among all scenarios: what `--only` matches. */
  name: string
  /** What is certain when it is equal, in one line. */
  proves: string
  /** Hosts reach the client by its address: not where they share a directory alone. Default false. */
  network?: boolean
  /** Written into the repository before anything else, with the defaults of `ebuild()`; a Manifest where `srcUri` is set. */
  ebuilds?: Record<string, ToyOptions>
  /** Written before anything else: configuration, `files/` of ebuilds, eclasses. */
  files?: Seed
  /** What can only be said in code. Runs after `ebuilds` and `files`, once for each client. */
  prepare?: (client: LabHost) => Promise<void>
  /** What makes the state that both start from, with plain emerge on both sides. */
  start?: Step[]
  /** What is compared: emerge as it is installed on each side. */
  steps: Step[]
  /** A script for `bash -e` that must succeed on both sides at the end: the effect which the scenario is about. */
  check?: string
  expect?: Expectation
  /** What of the client's files hosts must have at the end, as shown by a text that is in them, and must not have. */
  hosts?: { have: string; lack: string }
}

/** One way in which the two sides are not the same, or in which a side is not what the scenario expects. */
export interface Difference {
  /** The path, the package's entry in the vdb, or what else it is about. */
  where: string
  /** What of it. */
  field: string
  /** The value with plain emerge; null if there is none. */
  plain: string | null
  /** The value with the farm; null if there is none. */
  farm: string | null
}

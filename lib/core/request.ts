/** What Portage resolved, as the bridge hands it out: the merge list, the graph with its edges, the settings. */

/** The version of the bridge protocol. It changes when a message changes its meaning; both sides refuse another. */
export const PROTOCOL = 2

/**
 * The kinds of an edge are Portage's own priority flags (`DepPriority`, `UnmergeDepPriority`): `buildtime`,
 * `buildtime_slot_op`, `runtime`, `runtime_slot_op`, `runtime_post`, `installtime`, `cross`, `optional`, `ignored`.
 */
export interface RequestEdge {
  /** The package that depends. */
  from: string
  /** The package that is depended on. */
  to: string
  kinds: string[]
  /** What is installed already satisfies the dependency. */
  satisfied: boolean
}

export interface Distfile {
  name: string
  /** Bytes. */
  size: number
  /** Whether it lies whole in DISTDIR. Said only of what RESTRICT=fetch keeps others from fetching. */
  here?: boolean
}

/** The dependency variables, USE conditionals resolved and slot operators stripped, as Portage compares them. */
export type Dependencies = Partial<Record<'DEPEND' | 'RDEPEND' | 'BDEPEND' | 'PDEPEND' | 'IDEPEND', string>>

/** What a `:=` may find installed when the package is built. */
export interface BindingCandidate {
  /** `slot/sub-slot`. */
  slot: string
  /** The package of the plan that has it; absent: it is installed. */
  package?: string
  /** The packages of the plan that take the installed one's place. */
  replacedBy?: string[]
  /** The plan uninstalls it, at a moment that Portage chooses. */
  removed?: boolean
}

/** A `:=` of an ebuild, and what it may be bound to: best first, up to that which is there for certain. */
export interface Binding {
  atom: string
  candidates: BindingCandidate[]
}

/** What the binary package of an ebuild must say of itself, besides what the ebuild's RequestPackage says. */
export interface Expected {
  /** The SHA-256 of the ebuild's file. */
  ebuild: string
  /** IUSE, KEYWORDS, INHERITED, …: sorted words. */
  recorded: Record<string, string>
  /** The libc atoms of the ebuild's own RDEPEND. Portage adds another when it has built something. */
  libc: string[]
  /** Of each dependency variable, in the order in which they are written. */
  bindings: Partial<Record<keyof Dependencies, Binding[]>>
  /** The build variables that neither the ebuild, nor its eclasses, nor a bashrc names: they stay as configured. */
  unchanged: string[]
  /** None of those names -march, -mcpu or -mtune, or what changes them. */
  keepsMachine: boolean
}

/** A file or a directory of this system, and who names it: `its ebuild`, an eclass, a variable, a file of Portage's. */
export interface NamedPath {
  by: string
  path: string
}

/** A C library that is installed, or that the plan's `package` will install. */
export interface RequestLibc {
  cpv: string
  package?: string
}

export interface RequestPackage {
  /** Unique within the request: `cat/pf::repo`, with a suffix for what is not an ordinary merge into `/`. */
  id: string
  type: 'ebuild' | 'binary' | 'installed'
  operation: 'merge' | 'uninstall' | 'nomerge'
  root: string
  /** `category/name-version`. */
  cpv: string
  /** `category/name`. */
  cp: string
  slot: string
  subSlot: string
  repo: string
  eapi: string
  /** The enabled USE flags out of IUSE_EFFECTIVE, sorted. */
  use: string[]
  dependencies: Dependencies
  /** CHOST, CFLAGS, … as Portage would record them for this package, package.env included. */
  variables: Record<string, string>
  restrict: string[]
  properties: string[]
  /** The eclasses that it inherits. */
  inherited: string[]
  /** What it fetches. */
  distfiles: Distfile[]
  /** MAKEFLAGS as configured for it, package.env included. Absent: none. */
  makeflags?: string
  /** The patterns of farm.yaml that it matches, by Portage's own judgement. Default none. */
  matches?: string[]
  /** What its ebuild, its eclasses and its settings name, and is there. Default none. */
  names?: NamedPath[]
  /** Those of `names` that hosts do not get; the library says it. Default none. */
  stays?: NamedPath[]
  /** For a binary package that is already here: its file. */
  path?: string
  /** For an ebuild that may be built on a host. Absent: nobody could say. */
  expected?: Expected
}

export interface RequestSettings {
  PKGDIR: string
  DISTDIR: string
  PORTAGE_TMPDIR: string
  /** Empty: not set. */
  PORTAGE_LOGDIR: string
  BINPKG_FORMAT: string
  CHOST: string
  FEATURES: string[]
  /** As configured for all packages. Absent: none. */
  MAKEFLAGS?: string
  /** What stands between the parts of a log's name, if it is not a colon. */
  PORTAGE_LOG_FILE_SEP?: string
  /** Portage's own user and group here. Absent: root's. */
  portage?: { uid: number; gid: number }
  /** Where etc/portage is, if it is not below `/`. */
  PORTAGE_CONFIGROOT?: string
}

/** What emerge knows before it resolves: enough to bring the hosts up meanwhile. */
export interface PrepareRequest {
  type: 'prepare'
  protocol: number
  /** The Python that runs Portage here. */
  python: string
  settings: RequestSettings
  /** CFLAGS and the like as configured, and RUSTFLAGS. */
  variables: Record<string, string>
  repositories: { name: string; location: string }[]
}

export interface PlanRequest {
  type: 'plan'
  protocol: number
  portage: string
  /** The Python that runs Portage here. */
  python: string
  /** `buildpkgonly` ends with the commit, `merge` with the installation. */
  action: 'merge' | 'buildpkgonly'
  keepGoing: boolean
  /** The user asked for no dependencies: the packages have no edges, and are built in the order of the list. */
  nodeps: boolean
  settings: RequestSettings
  /** Whether Portage takes a token of make's job server before it begins a package. Default false. */
  takesToken?: boolean
  /** What the caller exported and Portage reads as configuration: USE, CFLAGS, ACCEPT_KEYWORDS, … */
  environment: Record<string, string>
  repositories: { name: string; location: string }[]
  packages: RequestPackage[]
  edges: RequestEdge[]
  /** The ids of what is merged and uninstalled, in Portage's order. */
  mergeList: string[]
  /** Absent: none. */
  libc?: RequestLibc[]
}

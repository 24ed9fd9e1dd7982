/** What a host says of itself before it gets anything: the answer to `facts` (hooks/agent/farm_facts.py). */

/** Sizes in bytes. */
export interface HostFacts {
  hostname: string
  /** uname's machine: `x86_64`. */
  machine: string
  kernel: string
  /** ID and ID_LIKE of os-release(5): what commands it understands. */
  distribution: string[]
  python: string
  /** The user that the agent runs as. */
  uid: number
  /** The names of the capabilities that jobs need and the agent does not have. */
  lacksCapabilities: string[]
  /** Null: not installed. `lacks`: what it was built without. */
  rsync: { version: string; lacks: string[] } | null
  cores: number
  memory: number
  /** Hard limits; -1: none. */
  openFiles: number
  processes: number
  cpu: Cpu
  directory: FarmDirectory | { error: string }
  /** A whole copy of this client's root is there from an earlier run. */
  hasCopy: boolean
  /** Its clock at the moment of the answer, in milliseconds since the epoch. */
  clock: number
}

export interface Cpu {
  /** The kernel's words for the instructions that all its processors have. */
  flags: string[]
  /** Vendor, family and model. */
  identity: string
}

/** The farm's directory on the host, and the file system that it lies on. */
export interface FarmDirectory {
  kind: string
  mountPoint: string
  /** Mount options. */
  options: string[]
  freeBytes: number
  /** Null: the file system does not count them. */
  freeFiles: number | null
  /** What was tried there. Null: it works; otherwise why not. */
  trials: Record<'namespaces' | 'overlay' | 'mounts' | 'execution', string | null>
}

/** What the client asks of a host. */
export interface ClientNeeds {
  /** The client's own machine, as uname says it. */
  machine: string
  /** The CPU that its packages are built for. */
  cpu: CpuNeeds
  /** What a copy of the root takes; null: not known. */
  root: { bytes: number; files: number } | null
}

export interface CpuNeeds {
  /** The kernel's words for the instructions that builds may use, with what asks for each. */
  flags: { flag: string; because: string }[]
  /** The client's own processor, if it must be the same: what asks for that, and the processor. */
  same: { because: string; identity: string; flags: string[] } | null
}

/** Something that a host lacks. */
export interface HostProblem {
  name:
    | 'connection'
    | 'python'
    | 'rights'
    | 'architecture'
    | 'cpu'
    | 'rsync'
    | 'ssh'
    | 'directory'
    | 'namespaces'
    | 'overlay'
    | 'mounts'
    | 'noexec'
    | 'space'
    | 'memory'
    | 'clock'
    | 'limits'
    | 'execution'
  /** `refuse`: the host cannot build. `warn`: it can, and may not do well. */
  level: 'refuse' | 'warn'
  /** What is wrong, in words. */
  text: string
  /** What mends it: a command for the host, or what to write where. Empty: nothing is known to. */
  mend: string
}

/** A host's problems in one line: what is wrong, and what to do. */
export function describeProblems(problems: readonly HostProblem[]): string {
  return problems.map(({ text, mend }) => (mend === '' ? text : `${text} (do: ${mend})`)).join('; ')
}

/** What a schedule is made of: tasks, hosts, and how long the one takes on the other. All times are in seconds. */
import { amdahl } from '../amdahl.ts'

/** A package to be built, with what is expected of its build. */
export interface Task {
  id: string
  /** The ids of what must be committed before it starts. */
  needs: readonly string[]
  /** Seconds that the build takes on a host of speed 1, on `cores` cores. */
  seconds: number
  /** The part of `seconds` that spreads over more cores, 0 to 1 (Amdahl 1967). Default 0: more cores are no help. */
  parallel?: number
  /** For how many cores `seconds` holds. Default 1. */
  cores?: number
  /** The most memory that it holds at a time, in bytes. Default 0. */
  memory?: number
  /** The most space that it takes on the host's disk, in bytes. Default 0. */
  disk?: number
  /** Seconds, at speed 1, of installing what it needs into its job root. Default 0. */
  install?: number
  /** Bytes that travel to the host and back for it. Default 0. */
  bytes?: number
  /** The names of the hosts that may build it. Default: every host. */
  hosts?: readonly string[]
  /** The names of hosts that get it before others do: while one of them could start it, no other is asked. Default: none. */
  prefer?: readonly string[]
  /** Nothing is known of `seconds`: how long it takes tells nothing of its host. Default false. */
  isGuess?: boolean
}

/** A host that takes builds. */
export interface HostSpec {
  name: string
  /** How many builds it runs at once. */
  slots: number
  /** How fast one build is there. Only proportions count. */
  speed: number
  /** Cores that its builds share. Default: as many as slots. */
  cores?: number
  /** Bytes of memory for builds. Default: no limit. */
  memory?: number
  /** Bytes of disk for builds. Default: no limit. */
  disk?: number
  /** Seconds that every job takes there besides its build. Default 0. */
  overhead?: number
  /** Bytes a second between client and host. Default: no limit. */
  bandwidth?: number
}

/** A task with its defaults filled in. */
export type FullTask = Required<Omit<Task, 'hosts' | 'prefer'>> & {
  hosts: ReadonlySet<string> | null
  prefer: ReadonlySet<string>
}

/** A host with its defaults filled in. */
export type FullHost = Required<HostSpec>

export function fullTask(task: Task): FullTask {
  const { parallel = 0, cores = 1, memory = 0, disk = 0, install = 0, bytes = 0, isGuess = false } = task
  const hosts = task.hosts ? new Set(task.hosts) : null
  const prefer = task.prefer ? new Set(task.prefer) : NONE
  const { id, needs, seconds } = task
  return { id, needs, seconds, parallel, cores, memory, disk, install, bytes, hosts, prefer, isGuess }
}

const NONE: ReadonlySet<string> = new Set()

export function fullHost(host: HostSpec): FullHost {
  const { cores = host.slots, memory = Infinity, disk = Infinity, overhead = 0, bandwidth = Infinity } = host
  const { name, slots, speed } = host
  return { name, slots, speed, cores, memory, disk, overhead, bandwidth }
}

/** The cores that each of a host's builds has when all slots are taken. */
export function shareOf(host: FullHost): number {
  return Math.max(1, Math.floor(host.cores / host.slots))
}

/** Whether the host could build it if it had nothing else to do. */
export function admits(host: FullHost, task: FullTask): boolean {
  return task.memory <= host.memory && task.disk <= host.disk && (task.hosts === null || task.hosts.has(host.name))
}

/** Hosts of one kind differ in speed by less than this factor. */
const SPREAD = 1.25

/** What jobs cost on a host, roughly: where it is the same, a job is the shorter the greater the host's speed, and not by much. */
export function kindOf(host: FullHost, speed: number): string {
  const pace = Math.floor(Math.log(speed) / Math.log(SPREAD))
  return [pace, shareOf(host), host.overhead, host.bandwidth].join(' ')
}

/**
 * Seconds from start to end of a job.
 *
 * @param seconds the build's estimate, which may have been revised since the task was made
 * @param speed the host's, as it is known now
 */
export function jobLength(task: FullTask, seconds: number, host: FullHost, speed: number, cores: number): number {
  const build = seconds * amdahl(task.parallel, cores, task.cores)
  return host.overhead + task.bytes / host.bandwidth + (task.install + build) / speed
}

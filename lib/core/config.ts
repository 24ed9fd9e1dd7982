/** What farm.yaml says, with every default filled in. */
import type { Keep } from './keep.ts'

export interface HostConfig {
  /**
   * Unique: it names the host in events, options and reports. Letters, digits and `. _ -`, beginning with a letter or
   * digit, at most 253 characters. Default: the host part of `ssh`, with `-` for what a name cannot have.
   */
  name: string
  /**
   * What ssh is given: `host`, `user@host`, an alias of ~/.ssh/config, or `ssh://user@host:port` (with an IPv6 address
   * in brackets). One word without anything that a shell reads otherwise, and never an option; still, give it to ssh
   * behind `--`. null: this machine itself, which is reached without ssh.
   */
  ssh: string | null
  /** How many packages are built there at once, 1 to 1024. Default 1. */
  jobs: number
  /**
   * The farm's own directory on the host. Default `/var/lib/portage-farm`. Absolute, never `/`, without `..`, `//` or
   * a `/` at its end; only letters, digits and `. _ / + @ = -`, so that mount options and shells take it as it is.
   */
  dir: string
  /**
   * Where the job roots' lower layer comes from: a copy of the client's root (default), or a root that the user keeps
   * there, whose path is of the form that `dir` has.
   */
  root: { provider: 'mirror' } | { provider: 'path'; path: string }
  /** MAKEOPTS for builds there; `''` means none. Default: `-j` with the host's cores divided by its jobs. */
  makeopts: string | null
  /** Give each job a root of its own, and remove it afterwards. Default false. */
  clean: boolean
  /**
   * An ssh private key on the client: absolute, or `~/…`, which ssh expands; otherwise of the characters of `dir`.
   * Default: what ssh finds by itself.
   */
  identity: string | null
  /**
   * A known_hosts file on the client, of the form of `identity`, besides the user's own. Default none. Host keys are
   * always checked.
   */
  knownHosts: string | null
  /** Package atoms, with wildcards: it builds nothing else. Default null: it builds anything. */
  only: string[] | null
  /** Package atoms, with wildcards: it never builds these. Default none. */
  not: string[]
  /** Package atoms, with wildcards: these go there before they go to others. Default none. */
  prefer: string[]
}

/** The name of this machine as a host of its own farm. */
export const LOCAL = 'local'

export interface StoreConfig {
  /** Its path on this machine, of the form that a host's `dir` has. */
  path: string
  /** How many packages of the store this machine builds at once itself, as a worker, 0 to 1024. Default 0. */
  jobs: number
}

export interface FarmConfig {
  /** In the order of the file; then this machine itself, as LOCAL, if it has jobs of its own. With a store none. */
  hosts: HostConfig[]
  /** In the place of hosts: a directory that workers share. Default null. */
  store: StoreConfig | null
  /** What the bashrc hook does about a source merge that went round the shim. Default `notice`. */
  intercept: 'notice' | 'require'
  /**
   * Patterns (rsync's) of what else never leaves the client. Default none. Not empty, without control characters, and
   * none that rsync would read as an order (`- `, `+ `, `!`, a comment).
   */
  exclude: string[]
  /**
   * Files and directories of the client that builds need besides what is sent anyway, whatever their mode: absolute,
   * of the form that `dir` has. Default none.
   */
  include: string[]
  /** Package atoms, with wildcards, of what never leaves the client. Default none. */
  stay: string[]
  /** Whether packages that build kernel modules are built on the client. Default `stay`. */
  kernelModules: 'stay' | 'send'
  /** Seconds to wait for a host's answer, 1 to 600. Default 10. */
  connectTimeout: number
  /**
   * Seconds after which a build that used no CPU time and wrote nothing to its log is ended, 0 to 86400; 0: never.
   * Default 1800.
   */
  stuckAfter: number
  /** Bytes that a package which comes from a host, or the image in it, may have: whole GiB, 1 to 1024. Default 16 GiB. */
  largestPackage: number
  /** How long, 1 to 3650 days, and how much, 1 to 1048576 GiB, is kept of what can be had again. Default 60 days, 20 GiB. */
  keep: Keep
}

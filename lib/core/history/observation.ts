/** A build that went well, as it is remembered. */
export interface Observation {
  /** `category/name-version`. */
  cpv: string
  /** `category/name`. */
  cp: string
  /** The host's name in farm.yaml, or `home`. */
  host: string
  /** Seconds from Portage's start in the job root to the finished binary package. */
  seconds: number
  /** CPU seconds that it took there; null if nobody measured them. */
  cpuSeconds: number | null
  /** The most memory that it held at a time, in bytes; null if nobody measured it. */
  memory: number | null
  /** Bytes of the distfiles that it was built from; 0 if it has none, or if they are not known. */
  sourceBytes: number
  /** When it was finished, in milliseconds since the epoch. */
  at: number
}

/** The name under which builds on this system are remembered: no host of farm.yaml may have it. */
export const HOME = 'home'

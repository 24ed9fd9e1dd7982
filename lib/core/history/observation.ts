/** What a build took of its host; null where nobody measured it. */
export interface Usage {
  /** The cores that it was given, by MAKEOPTS. */
  cores: number | null
  /** CPU seconds. */
  cpuSeconds: number | null
  /** The most memory that it held at a time, in bytes. */
  memory: number | null
  /** Bytes of its working directory and its image at the end. */
  disk: number | null
  /** Bytes that travelled to the host and back for it, besides logs. */
  bytes: number | null
  /** Seconds that this took. */
  transferSeconds: number | null
}

export const UNMEASURED: Usage = {
  cores: null,
  cpuSeconds: null,
  memory: null,
  disk: null,
  bytes: null,
  transferSeconds: null,
}

/** A build that went well, as it is remembered. */
export interface Observation extends Usage {
  /** `category/name-version`. */
  cpv: string
  /** `category/name`. */
  cp: string
  /** The host's name in farm.yaml, or `home`. */
  host: string
  /** Seconds from Portage's start in the job root to the finished binary package. */
  seconds: number
  /** Bytes of the distfiles that it was built from; 0 if it has none, or if they are not known. */
  sourceBytes: number
  /** When it was finished, in milliseconds since the epoch. */
  at: number
}

/** The name under which builds on this system are remembered: no host of farm.yaml may have it. */
export const HOME = 'home'

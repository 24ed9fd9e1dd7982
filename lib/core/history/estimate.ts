/** How long a package will take, from what is remembered. */
import { amdahl } from '../amdahl.ts'
import type { Observation } from './observation.ts'
import { DEFAULT_PARALLEL, parallelPart } from './parallel.ts'
import { bandwidths } from './bandwidth.ts'
import { hostSpeeds } from './speeds.ts'

/** Seconds that a package is taken to need, on one core, where nothing is known at all. */
export const DEFAULT_SECONDS = 60

/** How many of the newest builds of a package count. */
const NEWEST = 3

export interface Estimate {
  /** On one core of a host of speed 1. */
  seconds: number
  /**
   * What it goes by: builds of this version (`version`), of other versions (`package`), of packages with about as many
   * bytes of sources (`size`), or nothing (`default`).
   */
  from: 'version' | 'package' | 'size' | 'default'
  /** The part of it that spreads over more cores. Default: DEFAULT_PARALLEL. */
  parallel: number
  /** Bytes of memory that it may need; null if nobody measured it. */
  memory: number | null
  /** Bytes of disk that it may need; null if nobody measured it. */
  disk: number | null
  /** Bytes that travel for it; null if nobody measured it. */
  bytes: number | null
}

/** What an estimate is asked for. */
export interface EstimateSubject {
  cpv: string
  cp: string
  /** Bytes of its distfiles. */
  sourceBytes: number
}

/** All that builds in the past tell of those to come. */
export class Experience {
  readonly #speeds: ReadonlyMap<string, number>
  /** By package, the part that spreads. */
  readonly #parallel = new Map<string, number>()
  /** Builds with the seconds that they would have taken on one core, by version and by package. */
  readonly #versions = new Map<string, Observation[]>()
  readonly #packages = new Map<string, Observation[]>()
  readonly #sizes = new Map<number, number[]>()
  readonly #bandwidths: ReadonlyMap<string, number>

  constructor(observations: readonly Observation[]) {
    const measured = new Map<string, Observation[]>()
    for (const each of observations) add(measured, each.cp, each)
    for (const [cp, builds] of measured) {
      const part = medianOf(newestOf(builds).map(parallelPart))
      if (part !== null) this.#parallel.set(cp, part)
    }
    const serial = observations.map(each => ({ ...each, seconds: each.seconds / this.#left(each) }))
    this.#speeds = hostSpeeds(serial)
    this.#bandwidths = bandwidths(observations)
    for (const each of serial) {
      add(this.#versions, each.cpv, each)
      add(this.#packages, each.cp, each)
    }
    for (const builds of this.#packages.values()) {
      const newest = newestOf(builds)
      add(this.#sizes, sizeClass(newest[0]?.sourceBytes ?? 0), median(newest.map(each => this.#work(each))))
    }
  }

  /** A host's speed; 1 for one that is not known yet. */
  speed(host: string): number {
    return this.#speeds.get(host) ?? 1
  }

  /** Bytes a second between here and a host; null where it is not known. */
  bandwidth(host: string): number | null {
    return this.#bandwidths.get(host) ?? null
  }

  estimate(subject: EstimateSubject): Estimate {
    const ofVersion = this.#versions.get(subject.cpv)
    const ofPackage = this.#packages.get(subject.cp)
    const builds = newestOf(ofVersion ?? ofPackage ?? [])
    if (builds.length > 0) {
      return {
        seconds: median(builds.map(each => this.#work(each))),
        from: ofVersion ? 'version' : 'package',
        parallel: this.#parallel.get(subject.cp) ?? DEFAULT_PARALLEL,
        memory: mostOf(builds.map(each => each.memory)),
        disk: mostOf(builds.map(each => each.disk)),
        bytes: medianOf(builds.map(each => each.bytes)),
      }
    }
    const unknown = { parallel: DEFAULT_PARALLEL, memory: null, disk: null, bytes: null }
    const likes = this.#sizes.get(sizeClass(subject.sourceBytes))
    if (likes) return { seconds: median(likes), from: 'size', ...unknown }
    return { seconds: DEFAULT_SECONDS, from: 'default', ...unknown }
  }

  /** The part of its seconds on one core that a build took with the cores that it had. */
  #left({ cp, cores }: Observation): number {
    return amdahl(this.#parallel.get(cp) ?? DEFAULT_PARALLEL, cores ?? 1)
  }

  /** The seconds that it would have taken at speed 1. */
  #work({ seconds, host }: Observation): number {
    return seconds * this.speed(host)
  }
}

/** Sources of up to 16 KiB, 64 KiB, 256 KiB, … ; -1: none. */
function sizeClass(bytes: number): number {
  return bytes <= 0 ? -1 : Math.max(0, Math.ceil(Math.log2(bytes / 16_384) / 2))
}

function newestOf(builds: readonly Observation[]): Observation[] {
  return [...builds].sort((a, b) => b.at - a.at).slice(0, NEWEST)
}

function add<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key)
  if (group) group.push(value)
  else groups.set(key, [value])
}

/** Of an even number, the mean of the two in the middle. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[sorted.length >> 1] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[(sorted.length >> 1) - 1] ?? upper)) / 2
}

function medianOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(each => each !== null)
  return known.length === 0 ? null : median(known)
}

function mostOf(values: readonly (number | null)[]): number | null {
  const known = values.filter(each => each !== null)
  return known.length === 0 ? null : Math.max(...known)
}

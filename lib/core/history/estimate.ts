/** How long a package will take, from what is remembered. */
import type { Observation } from './observation.ts'
import { hostSpeeds } from './speeds.ts'

/** Seconds that a package is taken to need where nothing is known at all. */
export const DEFAULT_SECONDS = 60

/** How many of the newest builds of a package count. */
const NEWEST = 3

export interface Estimate {
  /** On a host of speed 1. */
  seconds: number
  /**
   * What it goes by: builds of this version (`version`), of other versions (`package`), of packages with about as many
   * bytes of sources (`size`), or nothing (`default`).
   */
  from: 'version' | 'package' | 'size' | 'default'
  /** How many cores it kept busy on average; null if nobody measured it. */
  cores: number | null
  /** Bytes of memory that it may need; null if nobody measured it. */
  memory: number | null
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
  readonly #versions = new Map<string, Observation[]>()
  readonly #packages = new Map<string, Observation[]>()
  readonly #sizes = new Map<number, number[]>()

  constructor(observations: readonly Observation[]) {
    this.#speeds = hostSpeeds(observations)
    for (const each of observations) {
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

  estimate(subject: EstimateSubject): Estimate {
    const ofVersion = this.#versions.get(subject.cpv)
    const ofPackage = this.#packages.get(subject.cp)
    const builds = newestOf(ofVersion ?? ofPackage ?? [])
    if (builds.length > 0) {
      return {
        seconds: median(builds.map(each => this.#work(each))),
        from: ofVersion ? 'version' : 'package',
        cores: medianOf(builds.map(each => (each.cpuSeconds === null ? null : each.cpuSeconds / each.seconds))),
        memory: mostOf(builds.map(each => each.memory)),
      }
    }
    const likes = this.#sizes.get(sizeClass(subject.sourceBytes))
    if (likes) return { seconds: median(likes), from: 'size', cores: null, memory: null }
    return { seconds: DEFAULT_SECONDS, from: 'default', cores: null, memory: null }
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

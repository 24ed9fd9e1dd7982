/**
 * The records of a store: what has been claimed, what came of it, what was thought of that.
 *
 * A build is named by its key, and tried by attempts, 1, 2, 3 … Each attempt has three places, `claim`, `end` and `verdict`,
 * and each place is written at most once and never changes: whoever writes first has decided. So what is true of a build
 * follows from its records alone, whatever order they were written in, and whoever was asleep meanwhile.
 */
import type { Fault } from '../event.ts'
import type { BuiltFile } from '../message.ts'

/** A worker is at work on the build. The attempt's number is its fencing token. */
export interface Claim {
  worker: string
  /** The package, by its id in the plan: for people, and for whoever wants it tried again. */
  package: string
  /** The plan that it is built for. */
  plan: string
  /** What MAKEOPTS gives it. */
  cores: number
  /** Seconds without a sign of life after which the worker is taken for dead. */
  lease: number
}

/** The file that a build came to. */
export interface ResultFile extends BuiltFile {
  /** Its name among the store's results. */
  file: string
}

/** What a build left besides. */
export interface LeftWords {
  /** The path of Portage's log of the build in PORTAGE_LOGDIR; null: it did not begin. */
  log: string | null
  /** The messages of the build's phases. */
  elog: string
}

export type Built = { outcome: 'built' } & ResultFile & LeftWords

export type End =
  | Built
  | ({ outcome: 'failed'; fault: Fault; reason: string } & LeftWords)
  /** The claim was taken away: its worker gave no sign of life. */
  | { outcome: 'superseded'; by: string; reason: string }
  /** Nobody wants it from there any more. It counts as if it had never been. */
  | { outcome: 'cancelled'; reason: string }
  /** Somebody wants to have it tried again: what failed before does not count any more. */
  | { outcome: 'cleared'; by: string }

/** What the originator found by comparing a result with the plan. */
export type Verdict = { outcome: 'committed'; by: string } | { outcome: 'refused'; by: string; reason: string }

export type Place = 'claim' | 'end' | 'verdict'

/** What a record says. */
export interface Records {
  claim: Claim
  end: End
  verdict: Verdict
}

/** The name of a record in the store. */
export function recordName(key: string, attempt: number, place: Place): string {
  return `${key}.${attempt}.${place}`
}

/** A record by its name; null: it is the name of none. */
export function parseRecordName(name: string): { key: string; attempt: number; place: Place } | null {
  const [, key, attempt, place] = /^([0-9a-f]{32})\.([1-9]\d{0,5})\.(claim|end|verdict)$/.exec(name) ?? []
  return key === undefined ? null : { key, attempt: Number(attempt), place: place as Place }
}

/** Compares what two emerges made of the same system. Pure. */
import type { Difference } from './scenario.ts'
import { ONLY_OF_BINARIES, VALUES_OF_BINARIES, VOLATILE, WORDS_OF_BINARIES } from './volatile.ts'

/** Values by name. */
export type Fields = Record<string, string>

/** What snapshot.py prints. */
export interface Snapshot {
  /** Directories, and what was written since the start, by path. */
  files: Record<string, Fields>
  /** Paths of files that are as the image has them. */
  unchanged: string[]
  /** Entries of the vdb, by cpv. Fields are its files, or `FILE NAME` for what is in environment.bz2 and the like. */
  packages: Record<string, Fields>
  /** The registry of preserved libraries: [cpv, counter, paths] by package and slot. */
  preserved: Record<string, [string, string, string[]]>
  /** The resume lists. */
  resume: Record<string, unknown>
  /** elog's files: `CATEGORY:PF`, and the text. */
  elog: [string, string][]
  /** The lines of emerge.log, without their times. */
  log: string[]
}

/** What came of one side. */
export interface Outcome {
  snapshot: Snapshot
  /** Each emerge that was compared: its command line and its exit code. */
  exits: { command: string; code: number }[]
}

/** Each difference, by name: files first, then packages, then what emerge wrote about them. Equal sides give none. */
export function compare(plain: Outcome, farm: Outcome): Difference[] {
  const [a, b] = [plain.snapshot, farm.snapshot]
  return [
    ...plain.exits.flatMap(({ command, code }, i) =>
      fields(
        'emerge',
        { [`exit code of ${command}`]: String(code) },
        { [`exit code of ${command}`]: String(farm.exits[i]?.code) },
      ),
    ),
    ...tables(filesOf(a), filesOf(b), 'file'),
    ...tables(map(a.packages, steady), map(b.packages, steady), 'package'),
    ...tables(map(a.preserved, preserved), map(b.preserved, preserved), 'preserved libraries'),
    ...fields('mtimedb', map(a.resume, resumeList), map(b.resume, resumeList)),
    ...tables(messages(a.elog), messages(b.elog), 'elog'),
    ...fields('emerge.log', merges(a.log), merges(b.log)),
  ]
}

/** Differences between two tables of fields. A row that one side lacks is one difference. */
function tables(plain: Record<string, Fields>, farm: Record<string, Fields>, what: string): Difference[] {
  return union(plain, farm).flatMap(where => {
    const [a, b] = [plain[where], farm[where]]
    if (a && b) return fields(what === 'file' ? where : `${what} ${where}`, a, b)
    const missing = { plain: a ? 'is there' : null, farm: b ? 'is there' : null }
    return [{ where, field: what, ...missing }]
  })
}

function fields(where: string, plain: Fields, farm: Fields): Difference[] {
  return union(plain, farm).flatMap(field => {
    const [a, b] = [plain[field] ?? null, farm[field] ?? null]
    return a === b ? [] : [{ where, field, plain: a, farm: b }]
  })
}

const union = (a: object, b: object): string[] => [...new Set([...Object.keys(a), ...Object.keys(b)])].sort()

const map = <T, U>(table: Record<string, T>, change: (value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]))

const json = (value: unknown): string => JSON.stringify(value)

function filesOf({ files, unchanged }: Snapshot): Record<string, Fields> {
  const untouched = unchanged.map(path => [path, { state: 'as in the image' }] as const)
  const written = Object.entries(files).map(([path, file]) => [path, { state: 'written', ...file }] as const)
  return Object.fromEntries<Fields>([...untouched, ...written])
}

/** A package's fields without what is volatile. */
function steady(entry: Fields): Fields {
  const kept: Fields = {}
  for (const [field, value] of Object.entries(entry)) {
    // `FILE`, `FILE mode` or `FILE NAME`: what counts is the last name, or the file's.
    const name = field.replace(/ mode$/, '').replace(/^(?:metadata|environment\.bz2) /, '')
    if (Object.hasOwn(ONLY_OF_BINARIES, name)) continue
    if (VALUES_OF_BINARIES[field]?.test(value)) continue
    const words = WORDS_OF_BINARIES[field]
    if (Object.hasOwn(VOLATILE, name) && !field.endsWith(' mode')) kept[field] = 'some value'
    else kept[field] = words && !field.endsWith(' mode') ? without(value, words) : value
  }
  return kept
}

const without = (value: string, words: string[]): string =>
  words.reduce((text, word) => text.replace(new RegExp(`(^|[\\s"])${word}(?: |(?=["\\s]|$))`), '$1'), value)

/** The counter of the merge in an entry of the registry is volatile. */
const preserved = ([cpv, , paths]: [string, string, string[]]): Fields => ({
  package: cpv,
  paths: [...paths].sort().join(' '),
})

/** Portage takes the favorites out of a set: their order is another each time. Binary packages are named with their times. */
function resumeList(list: unknown): string {
  const {
    favorites = [],
    binpkgs = [],
    ...rest
  } = list as { favorites?: string[]; binpkgs?: Record<string, unknown>[] }
  const packages = binpkgs.map(each => ({ ...each, BUILD_TIME: 'some', MTIME: 'some' }))
  return json({ ...rest, binpkgs: packages, favorites: [...favorites].sort() })
}

/** In a trace of `die`. See VALUES_OF_BINARIES: the environment of a binary package has those two lines more. */
const ENVIRONMENT_LINE = /environment, line +\d+/g
/** In the name of a build's log. */
const LOG_TIME = /:\d{8}-\d{6}\.log/g
/** `die` prints it also in phases that have no sources; those of a binary package have Portage's default there. */
const SOURCES = /^S: '.*'$/gm

/**
 * Elog messages by package. elog's files have paragraphs that begin with `CLASS: phase`; those of one phase and class,
 * also from several merges, are one field.
 */
function messages(elog: [string, string][]): Record<string, Fields> {
  const found: Record<string, Fields> = {}
  for (const [owner, text] of elog) {
    const fields = (found[owner.replace(':', '/')] ??= {})
    let heading = 'before any phase'
    const lasting = text
      .replaceAll(ENVIRONMENT_LINE, 'environment, line N')
      .replaceAll(LOG_TIME, ':TIME.log')
      .replaceAll(SOURCES, 'S: …')
    for (const line of lasting.split('\n')) {
      if (/^[A-Z]+: \w+$/.test(line)) heading = line
      else if (line !== '') fields[heading] = fields[heading] === undefined ? line : `${fields[heading]}\n${line}`
    }
  }
  return found
}

/** The lines of emerge.log about what was merged and unmerged, counted: independent packages may be merged in any order. */
function merges(log: string[]): Fields {
  const counts: Record<string, number> = {}
  for (const line of log) {
    if (/^(::: completed |=== Unmerging|>>> unmerge success|>>> AUTOCLEAN|>>> emerge \()/.test(line)) {
      // The place in the list, (1 of 3), depends on the order too.
      const counted = line.replace(/ \(\d+ of (\d+)\)/, ' (of $1)')
      counts[counted] = (counts[counted] ?? 0) + 1
    }
  }
  return map(counts, String)
}

/** The fields of each event, for what is read back from a log: reports are folds over events, and believe them. */
import type { Fault, Happening } from './event.ts'
import type { Usage } from './history/observation.ts'
import type { HostProblem } from './host-facts.ts'

type Is<T> = (value: unknown) => value is T

/** The check of each field but `type`. */
type Fields<H> = { readonly [K in Exclude<keyof H, 'type'>]-?: Is<H[K]> }

const text: Is<string> = value => typeof value === 'string'
/** JSON has numbers that are read as Infinity. */
const number: Is<number> = (value): value is number => Number.isFinite(value)
const flag: Is<boolean> = value => typeof value === 'boolean'

function oneOf<T extends string>(...words: readonly T[]): Is<T> {
  return (value): value is T => words.some(word => word === value)
}

function listOf<T>(is: Is<T>): Is<T[]> {
  return (value): value is T[] => Array.isArray(value) && value.every(is)
}

function orNull<T>(is: Is<T>): Is<T | null> {
  return (value): value is T | null => value === null || is(value)
}

function orAbsent<T>(is: Is<T>): Is<T | undefined> {
  return (value): value is T | undefined => value === undefined || is(value)
}

function record<T extends object>(fields: Readonly<Record<keyof T, Is<unknown>>>): Is<T> {
  return (value): value is T => typeof value === 'object' && value !== null && wrongField(value, fields) === null
}

/** The first field that is not what it must be; null if all are. */
function wrongField(value: object, fields: Readonly<Record<string, Is<unknown>>>): string | null {
  const wrong = Object.entries(fields).find(
    ([name, is]) => !is(Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined),
  )
  return wrong?.[0] ?? null
}

const problems = listOf(record<HostProblem>({ name: text, level: oneOf('refuse', 'warn'), text, mend: text }))
const usage = record<Usage>({
  cores: orNull(number),
  cpuSeconds: orNull(number),
  memory: orNull(number),
  disk: orNull(number),
  bytes: orNull(number),
  transferSeconds: orNull(number),
})
const fault = oneOf<Fault>('package', 'host', 'mismatch', 'fetch', 'client', 'unfit')
const log = orNull(text)

const FIELDS: { readonly [T in Happening['type']]: Fields<Extract<Happening, { type: T }>> } = {
  'run-started': { run: text, version: text, portage: text, hosts: listOf(text) },
  planned: { package: text, cpv: text, needs: listOf(text), rank: number, where: oneOf('farm', 'home', 'ready') },
  'host-connecting': { host: text },
  'host-joined': {
    host: text,
    hostname: text,
    warnings: orAbsent(problems),
    cores: number,
    memory: number,
    disk: orAbsent(number),
  },
  'mirror-started': { host: text, generation: text, first: flag },
  'mirror-progress': { host: text, bytes: number, percent: number },
  'mirror-finished': { host: text, bytes: number, size: number, files: orAbsent(number), seconds: number },
  published: { host: text, packages: number, seconds: number },
  'host-ready': { host: text, jobs: number },
  'host-refused': { host: text, problems },
  'host-silent': { host: text, reason: text },
  'host-back': { host: text },
  'host-lost': { host: text, reason: text },
  'package-ready': { package: text },
  'job-started': { package: text, host: text, attempt: number, cores: number, why: orAbsent(listOf(text)) },
  'root-chosen': { package: text, host: text, root: text, installs: listOf(text) },
  'build-started': { package: text, host: text },
  phase: { package: text, host: text, phase: text },
  built: { package: text, host: text, seconds: number, bytes: number, usage: orAbsent(usage) },
  'job-cancelled': { package: text, host: text },
  'attempt-failed': { package: text, host: text, fault, reason: text, log },
  committed: {
    package: text,
    host: text,
    path: text,
    seconds: number,
    elog: orAbsent(text),
    run: orAbsent(text),
  },
  'sent-home': { package: text, reason: text },
  'home-started': { package: text },
  failed: { package: text, reason: text, log },
  withdrawn: { package: text, by: orNull(text) },
  installed: { package: text },
  'install-failed': { package: text },
  interrupted: {},
  'run-ended': { code: orNull(number) },
}

/** Why something is no event of that type, in words to follow on what it is called; null if it is one. */
export function whyNoEvent(event: { type: string }): string | null {
  const { type } = event
  if (!Object.hasOwn(FIELDS, type)) return `is of a type that is not known, ${JSON.stringify(type.slice(0, 40))}`
  const wrong = wrongField(event, FIELDS[type as Happening['type']])
  return wrong === null ? null : `is no ${type}: its ${wrong} is ${Object.hasOwn(event, wrong) ? 'wrong' : 'missing'}`
}

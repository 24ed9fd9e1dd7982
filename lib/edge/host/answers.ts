/** What the agent of a host may answer. Nothing of it is believed before it was looked at: the host may be anybody's. */
import type { FarmDirectory, HostFacts } from '../../core/host-facts.ts'
import { ajv, flag, inWords, string, strings } from '../json-shape.ts'
import { AgentError } from './agent.ts'
import type { HostPlace, JobDone } from './job.ts'
import type { LeftJob } from './leftover.ts'
import type { Generation } from './mirror.ts'

/** One component of a path: none that leads elsewhere, or that breaks a list of them. */
const COMPONENT = '(?!\\.{1,2}(?:/|$))[^/\\u0000-\\u001f\\u007f]+'
const absolute = { type: 'string', pattern: `^(?:/${COMPONENT})+$` } as const
/** Below a directory. */
const inside = { type: 'string', pattern: `^${COMPONENT}(?:/${COMPONENT})*$` } as const
/** Names of directories in one that is known. */
const names = { type: 'array', items: { type: 'string', pattern: `^${COMPONENT}$` } } as const
const count = { type: 'integer', minimum: 0 } as const
const amount = { type: 'number', minimum: 0 } as const
/** What the host says in a line, and people read. */
const words = { type: 'string', maxLength: 4096 } as const

/** What null may stand for. */
function orNull(schema: { readonly type: string }): object {
  return { ...schema, type: [schema.type, 'null'] }
}

/** A JSON schema, and what has its shape. */
type SchemaOf<T> = Readonly<Record<string, unknown>> & { readonly of?: T }

/** An object with these fields, of which `absent` may be left out. */
function record<T>(properties: Readonly<Record<keyof T, object>>, absent: readonly string[] = []): SchemaOf<T> {
  const required = Object.keys(properties).filter(name => !absent.includes(name))
  return { type: 'object', properties, required }
}

const trial = orNull(words)

const directory = record<FarmDirectory>({
  kind: words,
  mountPoint: words,
  options: strings,
  freeBytes: count,
  freeFiles: orNull(count),
  trials: record<FarmDirectory['trials']>({ namespaces: trial, overlay: trial, mounts: trial, execution: trial }),
})

const facts = record<HostFacts>({
  hostname: words,
  machine: words,
  kernel: words,
  distribution: strings,
  python: words,
  uid: count,
  lacksCapabilities: strings,
  rsync: { ...record<NonNullable<HostFacts['rsync']>>({ version: words, lacks: strings }), type: ['object', 'null'] },
  cores: { type: 'integer', minimum: 1 },
  memory: count,
  openFiles: { type: 'integer', minimum: -1 },
  processes: { type: 'integer', minimum: -1 },
  cpu: record<HostFacts['cpu']>({ flags: strings, identity: words }),
  directory: {
    type: 'object',
    if: { properties: { error: {} }, required: ['error'] },
    then: record<{ error: string }>({ error: words }),
    else: directory,
  },
  hasCopy: flag,
  clock: amount,
})

const file = record<JobDone['files'][number]>({
  path: inside,
  size: count,
  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
})

const jobDone = record<JobDone>(
  {
    code: { type: 'integer' },
    step: words,
    stuck: flag,
    outOfMemory: flag,
    outOfSpace: flag,
    seconds: amount,
    cpuSeconds: amount,
    memory: count,
    disk: orNull(count),
    files: { type: 'array', items: file },
    log: orNull(inside),
    elog: string,
    unfit: string,
    output: string,
  },
  ['unfit', 'output'],
)

interface Lacking {
  missing: string[]
}

type PackagesThere = Lacking & { path: string }

/** The fields of an event, each a word. */
export type JobEvent = Readonly<Record<string, string>>

const jobEvent: SchemaOf<JobEvent> = {
  type: 'object',
  additionalProperties: words,
  discriminator: { propertyName: 'event' },
  oneOf: [
    // For a slot of the host: it has as many jobs as it is to have.
    record<{ event: 'waiting' }>({ event: { const: 'waiting' } }),
    record<{ event: 'step'; name: string }>({ event: { const: 'step' }, name: words }),
    record<{ event: 'phase'; cpv: string; phase: string }>({ event: { const: 'phase' }, cpv: words, phase: words }),
    record<{ event: 'variable'; cpv: string; name: string; value: string }>({
      event: { const: 'variable' },
      cpv: words,
      name: words,
      value: words,
    }),
  ],
}

/** What gives an answer back if it has the shape, and throws an AgentError that says what is wrong otherwise. */
function reader<T>(subject: string, schema: SchemaOf<T>): (answer: unknown) => T {
  const validate = ajv.compile<T>(schema)
  return answer => {
    if (!validate(answer)) throw new AgentError(`what the host says is not understood: ${inWords(subject, validate)}`)
    return answer
  }
}

export const hostFactsOf = reader('facts', facts)
export const hostPlaceOf = reader('hello', record<HostPlace>({ run: absolute, distfiles: absolute, others: names }))
export const generationOf = reader(
  'mirror',
  record<Generation>({ path: absolute, base: orNull(absolute), first: flag, tried: orNull(string) }),
)
export const jobDoneOf = reader('job', jobDone)
export const jobEventOf = reader('job event', jobEvent)
const lackingOf = reader('distfiles', record<Lacking>({ missing: strings }))
const packagesThereOf = reader('packages', record<PackagesThere>({ path: absolute, missing: strings }))

const leftJob = record<LeftJob>({
  key: string,
  // The trial of the tool chain is a job as well, and nobody's package.
  about: { type: 'object', properties: { package: string, root: absolute, cores: orNull(count) } },
  done: flag,
})
const leftJobs = reader('jobs', record<{ jobs: LeftJob[] }>({ jobs: { type: 'array', items: leftJob } }))

/** The jobs of packages that a keeper has. */
export function leftJobsOf(answer: unknown): LeftJob[] {
  return leftJobs(answer).jobs.filter(({ about }) => 'package' in about && 'root' in about)
}

/** Where packages go on the host, and which of those that it was asked about it does not have. */
export function packagesAnswerOf(answer: unknown, asked: readonly string[]): PackagesThere {
  return asAsked('packages', packagesThereOf(answer), asked)
}

/** Which distfiles of those that it was asked about the host does not have. */
export function distfilesAnswerOf(answer: unknown, asked: readonly string[]): Lacking {
  return asAsked('distfiles', lackingOf(answer), asked)
}

/** What a host lacks is sent to it: it must not choose what that is. */
function asAsked<T extends Lacking>(subject: string, answer: T, asked: readonly string[]): T {
  const known = new Set(asked)
  const stranger = answer.missing.find(name => !known.has(name))
  if (stranger === undefined) return answer
  const name = JSON.stringify(stranger.slice(0, 100))
  throw new AgentError(
    `what the host says is not understood: ${subject}/missing has ${name}, which was not asked about`,
  )
}

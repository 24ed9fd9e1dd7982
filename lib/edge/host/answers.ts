/** What the agent of a host may answer. Nothing of it is believed before it was looked at: the host may be anybody's. */
import type { FarmDirectory, HostFacts } from '../../core/host-facts.ts'
import { ajv, flag, inWords } from '../json-shape.ts'
import { AgentError } from './agent.ts'
import type { Removed } from '../../core/keep.ts'
import type { HostPlace, JobDone } from './job.ts'
import type { LeftJob } from './leftover.ts'
import type { Generation } from './mirror.ts'

/** One component of a path: none that leads elsewhere, or that breaks a list of them. */
const COMPONENT = '(?!\\.{1,2}(?:/|$))[^/\\u0000-\\u001f\\u007f\\ud800-\\udfff]{1,255}'
/** PATH_MAX of most systems. */
const path = { type: 'string', maxLength: 4096 } as const
const absolute = { ...path, pattern: `^(?:/${COMPONENT})+$` } as const
/** Below a directory. Portage's own names have less than half of that. */
const inside = { type: 'string', pattern: `^${COMPONENT}(?:/${COMPONENT})*$`, maxLength: 255, maxBytes: 255 } as const
/** Names of directories in one that is known. */
const names = { type: 'array', items: { type: 'string', pattern: `^${COMPONENT}$` }, maxItems: 1000 } as const
/** What the kernel counts with. */
const count = { type: 'integer', minimum: 0, maximum: 2 ** 64 } as const
/** A pebibyte is more than any build takes, and can be counted with. */
const bytes = { type: 'integer', minimum: 0, maximum: 2 ** 50 } as const
const amount = { type: 'number', minimum: 0, maximum: 2 ** 50 } as const
/** A flag, a module, a feature: what is compared, or listed. */
const word = { type: 'string', maxLength: 1024 } as const
const listed = { type: 'array', items: word, maxItems: 4096 } as const
/** What the host says in a line, and people read. */
const words = { type: 'string', maxLength: 4096 } as const
/** What the agent cuts at a mebibyte of bytes (farm_runner.py), which are as many characters at most. */
const text = { type: 'string', maxLength: 2 ** 20 } as const

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
  options: listed,
  freeBytes: count,
  freeFiles: orNull(count),
  trials: record<FarmDirectory['trials']>({ namespaces: trial, overlay: trial, mounts: trial, execution: trial }),
})

const facts = record<HostFacts>({
  hostname: words,
  machine: words,
  kernel: words,
  distribution: listed,
  python: words,
  uid: count,
  lacksCapabilities: listed,
  rsync: { ...record<NonNullable<HostFacts['rsync']>>({ version: words, lacks: listed }), type: ['object', 'null'] },
  cores: { type: 'integer', minimum: 1, maximum: 65_536 },
  memory: count,
  openFiles: { type: 'integer', minimum: -1, maximum: Number.MAX_SAFE_INTEGER },
  processes: { type: 'integer', minimum: -1, maximum: Number.MAX_SAFE_INTEGER },
  cpu: record<HostFacts['cpu']>({ flags: listed, identity: words }),
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
  size: bytes,
  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
})

const jobDone = record<JobDone>(
  {
    code: { type: 'integer', minimum: -255, maximum: 255 },
    step: words,
    stuck: flag,
    outOfMemory: flag,
    outOfSpace: flag,
    seconds: amount,
    cpuSeconds: amount,
    memory: bytes,
    disk: orNull(bytes),
    files: { type: 'array', items: file, maxItems: 16 },
    log: orNull(inside),
    elog: text,
    unfit: words,
    output: text,
  },
  ['unfit', 'output'],
)

const removed = record<Removed>({ name: inside, bytes: count, days: count })

interface Lacking {
  missing: string[]
}

type PackagesThere = Lacking & { path: string }

/** The fields of an event, each a word. */
export type JobEvent = Readonly<Record<string, string>>

const jobEvent: SchemaOf<JobEvent> = {
  type: 'object',
  additionalProperties: words,
  maxProperties: 8,
  discriminator: { propertyName: 'event' },
  oneOf: [
    // For a slot of the host: it has as many jobs as it is to have.
    record<{ event: 'waiting' }>({ event: { const: 'waiting' } }),
    record<{ event: 'step'; name: string }>({ event: { const: 'step' }, name: word }),
    record<{ event: 'phase'; cpv: string; phase: string }>({ event: { const: 'phase' }, cpv: word, phase: word }),
    record<{ event: 'alive' }>({ event: { const: 'alive' } }),
    record<{ event: 'variable'; cpv: string; name: string; value: string }>({
      event: { const: 'variable' },
      cpv: word,
      name: word,
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
  record<Generation>({ path: absolute, base: orNull(absolute), first: flag, tried: orNull(words) }),
)
/** What a host removed, or would. */
export const removedOf = reader('clean', record<{ removed: Removed[] }>({ removed: { type: 'array', items: removed } }))
export const jobDoneOf = reader('job', jobDone)
export const jobEventOf = reader('job event', jobEvent)
/** As many as it was asked about, which asAsked() sees to. */
const missing = { type: 'array', items: words } as const
const lackingOf = reader('distfiles', record<Lacking>({ missing }))
const packagesThereOf = reader('packages', record<PackagesThere>({ path: absolute, missing }))

const leftJob = record<LeftJob>({
  key: words,
  // The trial of the tool chain is a job as well, and nobody's package.
  about: { type: 'object', properties: { package: words, root: absolute, cores: orNull(count) } },
  done: flag,
})
const leftJobs = reader(
  'jobs',
  record<{ jobs: LeftJob[] }>({ jobs: { type: 'array', items: leftJob, maxItems: 100_000 } }),
)

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
  if (answer.missing.length > asked.length) {
    throw new AgentError(`what the host says is not understood: ${subject}/missing has more than was asked about`)
  }
  const known = new Set(asked)
  const stranger = answer.missing.find(name => !known.has(name))
  if (stranger === undefined) return answer
  const name = JSON.stringify(stranger.slice(0, 100))
  throw new AgentError(
    `what the host says is not understood: ${subject}/missing has ${name}, which was not asked about`,
  )
}

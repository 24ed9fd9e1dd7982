/** The shape of what emerge sends, as JSON schemas, and the one function that checks it. */
import type { JSONSchemaType, ValidateFunction } from 'ajv'
import type { EmergeMessage } from '../../core/message.ts'
import {
  PROTOCOL,
  type Binding,
  type Expected,
  type NamedPath,
  type PlanRequest,
  type PrepareRequest,
  type RequestEdge,
  type RequestLibc,
  type RequestPackage,
  type RequestSettings,
} from '../../core/request.ts'
import { absolute, ajv, dictionary, flag, inWords, optional, string, strings } from '../json-shape.ts'

const bindingsSchema: JSONSchemaType<Binding[]> = {
  type: 'array',
  items: {
    type: 'object',
    properties: {
      atom: string,
      candidates: {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            slot: string,
            package: { ...string, ...optional },
            replacedBy: { ...strings, ...optional },
            removed: { ...flag, ...optional },
          },
          required: ['slot'],
        },
      },
    },
    required: ['atom', 'candidates'],
  },
}

const expectedSchema: JSONSchemaType<Expected> = {
  type: 'object',
  properties: {
    ebuild: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    recorded: dictionary,
    libc: strings,
    bindings: {
      type: 'object',
      properties: {
        DEPEND: { ...bindingsSchema, ...optional },
        RDEPEND: { ...bindingsSchema, ...optional },
        BDEPEND: { ...bindingsSchema, ...optional },
        PDEPEND: { ...bindingsSchema, ...optional },
        IDEPEND: { ...bindingsSchema, ...optional },
      },
      additionalProperties: false,
    },
    unchanged: strings,
    keepsMachine: flag,
  },
  required: ['ebuild', 'recorded', 'libc', 'bindings', 'unchanged', 'keepsMachine'],
}

const namedSchema: JSONSchemaType<NamedPath[]> = {
  type: 'array',
  items: { type: 'object', properties: { by: string, path: absolute }, required: ['by', 'path'] },
}

const libcSchema: JSONSchemaType<RequestLibc[]> = {
  type: 'array',
  items: { type: 'object', properties: { cpv: string, package: { ...string, ...optional } }, required: ['cpv'] },
}

const packageSchema: JSONSchemaType<RequestPackage> = {
  type: 'object',
  properties: {
    id: { type: 'string', minLength: 1 },
    type: { type: 'string', enum: ['ebuild', 'binary', 'installed'] },
    operation: { type: 'string', enum: ['merge', 'uninstall', 'nomerge'] },
    root: string,
    // PMS 3.1: what Portage allows in names and versions, and nothing else.
    cpv: { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9+_.-]*/[A-Za-z0-9_][A-Za-z0-9+_.-]*$' },
    cp: string,
    slot: string,
    subSlot: string,
    repo: string,
    eapi: string,
    use: strings,
    dependencies: {
      type: 'object',
      properties: {
        DEPEND: { ...string, nullable: true },
        RDEPEND: { ...string, nullable: true },
        BDEPEND: { ...string, nullable: true },
        PDEPEND: { ...string, nullable: true },
        IDEPEND: { ...string, nullable: true },
      },
      additionalProperties: false,
    },
    variables: dictionary,
    restrict: strings,
    properties: strings,
    inherited: strings,
    distfiles: {
      type: 'array',
      items: {
        type: 'object',
        // A distfile is a name in DISTDIR, never a path.
        properties: {
          name: { type: 'string', pattern: '^(?!\\.{1,2}$)[^/\\u0000-\\u001f]+$' },
          size: { type: 'integer', minimum: 0 },
          here: { type: 'boolean', nullable: true, not: { type: 'null' } },
        },
        required: ['name', 'size'],
      },
    },
    // Absent for most.
    makeflags: { ...string, ...optional },
    path: { ...absolute, ...optional },
    matches: { ...strings, ...optional },
    names: { ...namedSchema, ...optional },
    stays: { ...namedSchema, ...optional },
    expected: { ...expectedSchema, ...optional },
  },
  required: [
    ...(['id', 'type', 'operation', 'root', 'cpv', 'cp', 'slot', 'subSlot', 'repo', 'eapi', 'use'] as const),
    ...(['dependencies', 'variables', 'restrict', 'properties', 'inherited', 'distfiles'] as const),
  ],
}

const edgeSchema: JSONSchemaType<RequestEdge> = {
  type: 'object',
  properties: { from: string, to: string, kinds: strings, satisfied: { type: 'boolean' } },
  required: ['from', 'to', 'kinds', 'satisfied'],
}

const settingsSchema: JSONSchemaType<RequestSettings> = {
  type: 'object',
  properties: {
    PKGDIR: absolute,
    DISTDIR: absolute,
    PORTAGE_TMPDIR: absolute,
    PORTAGE_LOGDIR: string,
    BINPKG_FORMAT: string,
    CHOST: string,
    FEATURES: strings,
    MAKEFLAGS: { ...string, ...optional },
    PORTAGE_LOG_FILE_SEP: { ...string, ...optional },
    portage: {
      type: 'object',
      properties: { uid: { type: 'integer', minimum: 0 }, gid: { type: 'integer', minimum: 0 } },
      required: ['uid', 'gid'],
      ...optional,
    },
    PORTAGE_CONFIGROOT: { ...absolute, nullable: true, not: { type: 'null' } },
  },
  required: ['PKGDIR', 'DISTDIR', 'PORTAGE_TMPDIR', 'PORTAGE_LOGDIR', 'BINPKG_FORMAT', 'CHOST', 'FEATURES'],
}

const repositoriesSchema: JSONSchemaType<PlanRequest['repositories']> = {
  type: 'array',
  items: { type: 'object', properties: { name: string, location: absolute }, required: ['name', 'location'] },
}

const prepareSchema: JSONSchemaType<PrepareRequest> = {
  type: 'object',
  properties: {
    type: { type: 'string', const: 'prepare' },
    protocol: { type: 'integer', const: PROTOCOL },
    python: absolute,
    settings: settingsSchema,
    variables: dictionary,
    repositories: repositoriesSchema,
  },
  required: ['type', 'protocol', 'python', 'settings', 'variables', 'repositories'],
}

const planSchema: JSONSchemaType<PlanRequest> = {
  type: 'object',
  properties: {
    type: { type: 'string', const: 'plan' },
    protocol: { type: 'integer', const: PROTOCOL },
    portage: string,
    python: absolute,
    action: { type: 'string', enum: ['merge', 'buildpkgonly'] },
    keepGoing: { type: 'boolean' },
    nodeps: { type: 'boolean' },
    settings: settingsSchema,
    takesToken: { ...flag, ...optional },
    environment: dictionary,
    repositories: repositoriesSchema,
    packages: { type: 'array', items: packageSchema },
    edges: { type: 'array', items: edgeSchema },
    mergeList: strings,
    libc: { ...libcSchema, ...optional },
  },
  required: [
    ...(['type', 'protocol', 'portage', 'python', 'action', 'keepGoing', 'nodeps', 'settings'] as const),
    ...(['environment', 'repositories', 'packages', 'edges', 'mergeList'] as const),
  ],
}

const about = (type: string, ...fields: string[]): object => ({
  type: 'object',
  properties: { type: { const: type }, ...Object.fromEntries(fields.map(field => [field, string])) },
  required: ['type', ...fields],
})

const homeBuilt: JSONSchemaType<Extract<EmergeMessage, { type: 'home-built' }>> = {
  type: 'object',
  properties: {
    type: { type: 'string', const: 'home-built' },
    id: string,
    path: string,
    place: { ...string, ...optional },
  },
  required: ['type', 'id', 'path'],
}

const validators: Record<EmergeMessage['type'], ValidateFunction> = {
  prepare: ajv.compile(prepareSchema),
  plan: ajv.compile(planSchema),
  'home-started': ajv.compile(about('home-started', 'id')),
  'home-built': ajv.compile(homeBuilt),
  merged: ajv.compile(about('merged', 'id')),
  'merge-failed': ajv.compile(about('merge-failed', 'id')),
  interrupt: ajv.compile(about('interrupt')),
  aside: ajv.compile(about('aside', 'reason')),
  end: ajv.compile({
    type: 'object',
    properties: { type: { const: 'end' }, code: { type: 'integer' } },
    required: ['code'],
  }),
}

/** What is wrong with a message from emerge, in words; null if nothing is. */
export function checkEmergeMessage(message: unknown): string | null {
  const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : undefined
  if (typeof type !== 'string' || !Object.hasOwn(validators, type)) return `its type is ${briefly(type)}`
  if (type === 'plan') return checkPlanRequest(message)
  const validate = validators[type as EmergeMessage['type']]
  return validate(message) ? null : inWords(type, validate)
}

/** Checks a plan that a caller of the library brings. Returns what is wrong, or null. */
export function checkPlanRequest(request: unknown): string | null {
  const { plan } = validators
  return plan(request) ? howItFitsTogether(request as PlanRequest) : inWords('plan', plan)
}

function briefly(type: unknown): string {
  if (typeof type === 'string') return JSON.stringify(type.slice(0, 40))
  return typeof type === 'number' ? String(type) : typeof type
}

/** What no schema says: ids name one package each, and the merge list names each once, with something to be done. */
function howItFitsTogether({ packages, mergeList }: PlanRequest): string | null {
  const known = new Map<string, RequestPackage>()
  for (const each of packages) {
    const { id, type, operation } = each
    if (known.has(id)) return `plan/packages has two packages with the id ${JSON.stringify(id)}`
    if (type === 'installed' && operation === 'merge') {
      return `plan/packages has ${JSON.stringify(id)}, which is installed and cannot be merged`
    }
    known.set(id, each)
  }
  const listed = new Set<string>()
  for (const id of mergeList) {
    const found = known.get(id)
    if (!found) return `plan/mergeList has ${JSON.stringify(id)}, which is not among its packages`
    if (found.operation === 'nomerge') return `plan/mergeList has ${JSON.stringify(id)}, which is not to be merged`
    if (listed.has(id)) return `plan/mergeList has ${JSON.stringify(id)} twice`
    listed.add(id)
  }
  return null
}

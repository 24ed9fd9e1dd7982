/**
 * The shape of farm.yaml: a JSON schema with three keywords of our own. `check` names one of checks.ts; `must` and
 * `write` are the words for whoever got it wrong: `… is VALUE: it must MUST`, `write for instance: WRITE`.
 *
 * Not ajv's JSONSchemaType: it wants `nullable` on whatever is optional, and so would take `jobs:` with nothing
 * behind it; and it has no form for "a string, or a map".
 */
import type { CheckName } from './checks.ts'

/** What a host and `defaults` may say. */
export interface HostOptions {
  jobs?: number
  dir?: string
  root?: 'mirror' | { path: string }
  makeopts?: string
  clean?: boolean
  identity?: string
  'known-hosts'?: string
  only?: string[]
  not?: string[]
  prefer?: string[]
}

export interface HostEntry extends HostOptions {
  ssh: string
  name?: string
}

/** farm.yaml as it is written; complete.ts makes a FarmConfig of it. */
export interface FarmFile {
  /** Absent only with `store`. */
  hosts?: (string | HostEntry)[]
  store?: string
  defaults?: HostOptions
  intercept?: 'notice' | 'require'
  exclude?: string[]
  include?: string[]
  stay?: string[]
  'kernel-modules'?: 'stay' | 'send'
  'local-jobs'?: number
  'connect-timeout'?: number
  'stuck-after'?: number
  'largest-package'?: number
  'keep-days'?: number
  'keep-size'?: number
}

export interface Schema {
  type: string | string[]
  must: string
  write: string
  check?: CheckName
  enum?: string[]
  pattern?: string
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: false
}

/** A list of packages, as in Portage's own package.* files. */
const atoms = (key: string, example: string) =>
  ({
    type: 'array',
    maxItems: 1024,
    items: {
      type: 'string',
      check: 'atom',
      must: 'be a package atom, in quotes: CATEGORY/NAME, either with * in it, or with a version',
      write: `"${example}"`,
    },
    must: 'be a list of package atoms',
    write: `${key}: ["${example}"]`,
  }) satisfies Schema

const hostOptions = {
  jobs: {
    type: 'integer',
    minimum: 1,
    maximum: 1024,
    must: 'be a whole number from 1 to 1024',
    write: 'jobs: 2',
  },
  dir: { type: 'string', check: 'dir', must: 'be an absolute path on the host', write: 'dir: /srv/farm' },
  root: {
    type: ['string', 'object'],
    // Of a string only, not of a map.
    pattern: '^mirror$',
    properties: {
      path: {
        type: 'string',
        check: 'path',
        must: 'be the absolute path of a root on the host',
        write: 'root: { path: /srv/roots/client }',
      },
    },
    required: ['path'],
    additionalProperties: false,
    must: 'be mirror, or { path: … } with a root that you keep on the host',
    write: 'root: mirror',
  },
  makeopts: {
    type: 'string',
    check: 'makeopts',
    must: 'be options of make, in quotes',
    write: 'makeopts: "-j8"',
  },
  clean: { type: 'boolean', must: 'be true or false', write: 'clean: true' },
  identity: {
    type: 'string',
    check: 'identity',
    must: 'be the path of a private key of ssh',
    write: 'identity: /root/.ssh/farm',
  },
  'known-hosts': {
    type: 'string',
    check: 'known-hosts',
    must: 'be the path of a known_hosts file of ssh',
    write: 'known-hosts: /etc/portage/farm-known-hosts',
  },
  // An empty list would let a host build nothing.
  only: { ...atoms('only', 'dev-lang/*'), minItems: 1, must: 'be a list of at least one package atom' },
  not: atoms('not', 'dev-qt/qtwebengine'),
  prefer: atoms('prefer', 'www-client/*'),
} satisfies Record<keyof HostOptions, Schema>

const host = {
  type: ['string', 'object'],
  // Of a string only: the short form.
  check: 'ssh-target',
  properties: {
    ssh: {
      type: 'string',
      check: 'ssh-target',
      must: 'be where ssh goes: host, user@host, an alias of ssh, or ssh://user@host:port',
      write: 'ssh: root@big.lan',
    },
    name: { type: 'string', check: 'name', must: 'be a name of your own', write: 'name: big' },
    ...hostOptions,
  },
  required: ['ssh'],
  additionalProperties: false,
  must: 'be an ssh target, or a map with ssh: and other options of the host',
  write: '- ssh: root@big.lan',
} satisfies Schema

export const schema = {
  type: 'object',
  properties: {
    hosts: {
      type: 'array',
      minItems: 1,
      maxItems: 1024,
      items: host,
      must: 'be a list of 1 to 1024 hosts',
      write: 'hosts: [root@big.lan]',
    },
    defaults: {
      type: 'object',
      properties: hostOptions,
      additionalProperties: false,
      must: 'be a map of options for every host',
      write: 'defaults: { jobs: 2 }',
    },
    store: {
      type: 'string',
      check: 'store',
      must: 'be the absolute path of a directory that workers share',
      write: 'store: /mnt/farm',
    },
    intercept: {
      type: 'string',
      enum: ['notice', 'require'],
      must: 'be notice or require',
      write: 'intercept: notice',
    },
    exclude: {
      type: 'array',
      maxItems: 1024,
      items: {
        type: 'string',
        check: 'pattern',
        must: 'be a pattern of rsync, in quotes',
        write: '"/usr/src/linux-*/vmlinux"',
      },
      must: 'be a list of patterns',
      write: 'exclude: ["/usr/src/linux-*/vmlinux"]',
    },
    include: {
      type: 'array',
      maxItems: 1024,
      items: {
        type: 'string',
        check: 'include',
        must: 'be an absolute path',
        write: '/etc/keys/modules.pem',
      },
      must: 'be a list of paths',
      write: 'include: [/etc/keys/modules.pem]',
    },
    stay: atoms('stay', 'sys-kernel/*'),
    'kernel-modules': {
      type: 'string',
      enum: ['stay', 'send'],
      must: 'be stay or send',
      write: 'kernel-modules: stay',
    },
    'local-jobs': {
      type: 'integer',
      minimum: 0,
      maximum: 1024,
      must: 'be a whole number from 0 to 1024',
      write: 'local-jobs: 1',
    },
    'connect-timeout': {
      type: 'integer',
      minimum: 1,
      maximum: 600,
      must: 'be a whole number of seconds from 1 to 600',
      write: 'connect-timeout: 10',
    },
    'stuck-after': {
      type: 'integer',
      minimum: 0,
      maximum: 86_400,
      must: 'be a whole number of seconds from 0 to 86400',
      write: 'stuck-after: 1800',
    },
    'largest-package': {
      type: 'integer',
      minimum: 1,
      maximum: 1024,
      must: 'be a whole number of GiB from 1 to 1024',
      write: 'largest-package: 16',
    },
    'keep-days': {
      type: 'integer',
      minimum: 1,
      maximum: 3650,
      must: 'be a whole number of days from 1 to 3650',
      write: 'keep-days: 60',
    },
    'keep-size': {
      type: 'integer',
      minimum: 1,
      maximum: 1_048_576,
      must: 'be a whole number of GiB from 1 to 1048576',
      write: 'keep-size: 20',
    },
  } satisfies Record<keyof FarmFile, Schema>,
  required: ['hosts'],
  additionalProperties: false,
  must: 'be a map with the key hosts:',
  write: 'hosts: [root@big.lan]',
} satisfies Schema

/** The shape of a farm.yaml that has a store in the place of hosts. */
export const storeSchema: Schema = { ...schema, required: ['store'] }

export const farmKeys = Object.keys(schema.properties)
export const hostKeys = Object.keys(host.properties)

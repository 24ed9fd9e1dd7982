/** What strings in farm.yaml have to be beyond their type: each check returns null, or why not and what to write. */
import { posix } from 'node:path'
import { parseSshTarget, type Refusal } from './ssh-target.ts'

export type Check = (value: string) => Refusal | null

/**
 * What mount options of overlayfs (which divides at `:` and `,`), ssh's config, rsync and shells all take as it is.
 * Nothing in such a path ever needs quoting.
 */
const PATH = /^[\w./+@=-]*$/
const MAX_PATH = 255

function checkParts(path: string, key: string): Refusal | null {
  const odd = /[^\w./+@=-]/u.exec(path)
  if (odd !== null || !PATH.test(path)) {
    const which = odd === null || /\s|\p{C}/u.test(odd[0]) ? 'blanks or control characters' : `the character ${odd[0]}`
    return { reason: `it must not have ${which}`, write: `use only letters, digits and . _ / + @ = - in ${key}` }
  }
  if (path.split('/').includes('..')) {
    return { reason: 'it must not have .. in it', write: `write the directory itself, without ..` }
  }
  if (path.length > MAX_PATH)
    return { reason: `it must have at most ${MAX_PATH} characters`, write: 'use a shorter one' }
  return null
}

const directory =
  (key: string, example: string): Check =>
  value => {
    if (!value.startsWith('/')) {
      const guess = /^\w[\w./+@=-]*$/.test(value) && !value.includes('..') ? `/${value}` : example
      return { reason: 'it must be an absolute path', write: `write for instance: ${key}: ${guess}` }
    }
    if (posix.normalize(value).replace(/\/+$/, '') === '') {
      return { reason: 'it must not be / itself', write: `write for instance: ${key}: ${example}` }
    }
    return checkParts(value, key)
  }

const clientFile =
  (key: string, example: string): Check =>
  value => {
    const rest = value.startsWith('~/') ? value.slice(1) : value
    if (!rest.startsWith('/') || rest.endsWith('/')) {
      const reason = rest.endsWith('/') ? 'it must be a file' : 'it must be an absolute path, or begin with ~/'
      return { reason, write: `write for instance: ${key}: ${example}` }
    }
    return checkParts(rest, key)
  }

const name: Check = value =>
  /^[a-z\d][\w.-]{0,252}$/i.test(value)
    ? null
    : {
        reason: 'it must begin with a letter or digit, and have only letters, digits and . _ - (at most 253)',
        write: 'write for instance: name: big',
      }

/** MAKEOPTS ends up in make's and in shells' hands. */
const makeopts: Check = value =>
  /^[\w .=+,:/@%-]{0,1024}$/.test(value)
    ? null
    : {
        reason: 'it must be options of make in one line, with nothing that a shell acts upon',
        write: 'write for instance: makeopts: "-j8 -l8"',
      }

/** rsync reads `- `, `+ ` and `!` at the beginning of a pattern as orders: `!` would unlist what never leaves. */
const pattern: Check = value => {
  const write = 'write for instance: exclude: ["/usr/src/linux-*/vmlinux"]'
  if (value.trim() === '') return { reason: 'it must not be empty', write }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value)) return { reason: 'it must not have control characters', write }
  if (/^(?:[-+] |[!;#])/.test(value)) {
    return { reason: 'it begins as an order to rsync does, not as a pattern', write: 'write a pattern: "/dir/name*"' }
  }
  return value.length > 4096 ? { reason: 'it must have at most 4096 characters', write } : null
}

/**
 * What can be said of a package atom without Portage, which has the last word when emerge starts: the characters of
 * PMS 3.1 with `*` among them, and that a version and an operator belong together.
 */
const atom: Check = value => {
  const write = 'write for instance: "dev-lang/rust", "*/*-bin", ">=dev-lang/rust-1.80", "dev-lang/rust:stable::gentoo"'
  const refuse = (reason: string, better = write): Refusal => ({ reason, write: better })
  if (value.length > 1024) return refuse('it must have at most 1024 characters')
  if (/^!/.test(value)) return refuse('it must not be a blocker')
  if (/\[/.test(value)) return refuse('it must not have USE flags')
  const [package_ = '', repository, ...rest] = value.split('::')
  const [versioned = '', slot, ...more] = package_.split(':')
  const operator = /^(?:[<>]=?|[=~])/.exec(versioned)?.[0] ?? ''
  const name = versioned.slice(operator.length)
  if (/^[\w*][\w+.*-]*$/.test(name)) {
    return refuse('it must have a category and a name', `write for instance: "*/${name}"`)
  }
  const good =
    /^[\w*][\w+.*-]*\/[\w*][\w+.*-]*$/.test(name) &&
    (slot === undefined || /^[\w*][\w+./*-]*$/.test(slot)) &&
    (repository === undefined || /^[\w*][\w*-]*$/.test(repository))
  if (!good || rest.length > 0 || more.length > 0) return refuse('it must be CATEGORY/NAME')
  const hasVersion = /-\d[\d.]*[a-z]?(?:_(?:alpha|beta|pre|rc|p)\d*)*(?:-r\d+)?\*?$/.test(name)
  if (operator === '' && hasVersion) return refuse('a version needs an operator', `write for instance: "=${value}"`)
  if (operator !== '' && !hasVersion && !name.endsWith('*')) {
    return refuse(`${operator} needs a version`, `write for instance: "${operator}${name}-1.0"`)
  }
  return null
}

export const checks = {
  'ssh-target': value => {
    const parsed = parseSshTarget(value)
    return parsed.ok ? null : parsed.refusal
  },
  name,
  dir: directory('dir', '/srv/farm'),
  path: directory('path', '/srv/roots/client'),
  store: directory('store', '/mnt/farm'),
  include: directory('include', '[/etc/keys/modules.pem]'),
  identity: clientFile('identity', '/root/.ssh/farm'),
  'known-hosts': clientFile('known-hosts', '/etc/portage/farm-known-hosts'),
  makeopts,
  pattern,
  atom,
} satisfies Record<string, Check>

export type CheckName = keyof typeof checks

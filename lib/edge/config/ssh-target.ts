/** The ssh target of a host: what may be given to ssh as a word of its own, and what it means. */
import { isIPv6 } from 'node:net'

export interface SshTarget {
  /** Default: ssh's own, from its config or the caller's name. */
  user: string | null
  /** A name, an alias of ssh's config, or an address; an IPv6 address without its brackets. */
  host: string
  /** Default: ssh's own, from its config or 22. */
  port: number | null
}

/** Why a value cannot be taken, and what to write instead. */
export interface Refusal {
  /** Follows `… is VALUE: `. */
  reason: string
  /** A whole hint. */
  write: string
}

const EXAMPLE = 'write for instance: ssh: root@big.lan'
const URI = 'ssh://'
const USER = /^[\w][\w.+-]*$/
const HOST = /^[a-z\d_][\w.-]*$/i
/** Longest names: Linux takes 32 characters for a user, directories more; a host name has 253 in DNS. */
const MAX_USER = 64
const MAX_HOST = 253

const refuse = (reason: string, write = EXAMPLE): { ok: false; refusal: Refusal } => ({
  ok: false,
  refusal: { reason, write },
})

type Parsed = { ok: true; target: SshTarget } | { ok: false; refusal: Refusal }

/** The characters that no part of a target has, and that a shell, a terminal or ssh's own config would act upon. */
function badCharacter(text: string): string | null {
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return 'it has a control character'
  if (/\s/.test(text)) return 'it has a space, but it must be one word'
  const odd = /[^\w.+:@/[\]-]/u.exec(text)
  return odd === null ? null : `it has the character ${odd[0]}, which no ssh target has`
}

function splitPort(text: string): { host: string; port: string | null } {
  const bracketed = /^(\[[^\]]*\])(?::(.*))?$/.exec(text)
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] ?? null }
  const colon = text.lastIndexOf(':')
  return colon === -1 ? { host: text, port: null } : { host: text.slice(0, colon), port: text.slice(colon + 1) }
}

function parsePort(port: string | null): number | null | 'bad' {
  if (port === null) return null
  return /^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65535 ? Number(port) : 'bad'
}

function parseHost(host: string, uri: boolean): { host: string } | Refusal {
  const address = /^\[(.*)\]$/.exec(host)?.[1]
  if (address !== undefined) {
    if (!uri) return { reason: 'brackets stand only in the ssh:// form', write: `write: ssh: ssh://${host}` }
    return isIPv6(address) && !address.includes('%')
      ? { host: address }
      : { reason: `${host} is not an IPv6 address`, write: 'write for instance: ssh: ssh://root@[2001:db8::7]:22' }
  }
  if (host === '') return { reason: 'the host is missing', write: EXAMPLE }
  if (host.length > MAX_HOST) return { reason: `a host name has at most ${MAX_HOST} characters`, write: EXAMPLE }
  return HOST.test(host) ? { host } : { reason: `${host} is not the name of a host`, write: EXAMPLE }
}

/** Hints for what people write that ssh would take for a host's name. */
function refuseColon(text: string, user: string, host: string): Parsed {
  const at = user === '' ? '' : `${user}@`
  if (isIPv6(host)) return refuse('an IPv6 address needs the ssh:// form', `write: ssh: ssh://${at}[${host}]`)
  const [name = '', port = ''] = host.split(':')
  if (HOST.test(name) && /^\d+$/.test(port)) {
    return refuse('a port needs the ssh:// form', `write: ssh: ssh://${at}${name}:${port}`)
  }
  return refuse(`${text} is not the name of a host`)
}

/**
 * What an ssh target means. What is taken is one word that cannot be an option, and has nothing that a shell would
 * read otherwise: it may be given to ssh after `--`.
 */
export function parseSshTarget(text: string): Parsed {
  if (text === '') return refuse('it must not be empty')
  const bad = badCharacter(text)
  if (bad !== null) return refuse(bad)
  if (text.startsWith('-')) return refuse('it must not begin with -, which makes it an option of ssh')
  const uri = text.startsWith(URI)
  const body = uri ? text.slice(URI.length) : text
  if (/^\w+:\/\//.test(body)) return refuse('it must be a target of ssh', 'write for instance: ssh: ssh://root@big.lan')
  if (body.includes('/')) return refuse('a directory does not belong here', 'use dir: for the directory on the host')
  const parts = body.split('@')
  if (parts.length > 2) return refuse('it has more than one @')
  const user = parts.length === 2 ? (parts[0] ?? '') : null
  const rest = parts.at(-1) ?? ''
  if (user === '') return refuse('the user before @ is missing')
  if (rest === '') return refuse(user === null ? 'the host is missing' : 'the host after @ is missing')
  if (user?.includes(':')) return refuse('a password does not belong here', 'use a key: identity: /root/.ssh/farm')
  if (user !== null && (user.length > MAX_USER || !USER.test(user))) return refuse(`${user} is not the name of a user`)
  if (!uri && !rest.startsWith('[') && rest.includes(':')) return refuseColon(text, user ?? '', rest)
  const { host: written, port: digits } = uri ? splitPort(rest) : { host: rest, port: null }
  const host = parseHost(written, uri)
  if ('reason' in host) return { ok: false, refusal: host }
  const port = parsePort(digits)
  if (port === 'bad') {
    return refuse('the port must be a number from 1 to 65535', 'write for instance: ssh: ssh://root@big.lan:22')
  }
  return { ok: true, target: { user, host: host.host, port } }
}

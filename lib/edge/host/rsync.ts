/** rsync over a host's connection. */
import { execa } from 'execa'
import { projectFile } from '../project.ts'
import type { RsyncConnection } from './connection.ts'
import { denials, unescaped } from './denials.ts'

export interface Transferred {
  /** Bytes that went over the connection, both ways. */
  bytes: number
  /** Bytes of all files of the source, sent or not. */
  size: number
  /** Entries of the source: files, directories, links, … */
  files: number
  /** Some of the source went away while it was read. */
  vanished: boolean
  /** Files and directories of the source that the sender may not read, by their absolute paths. */
  denied: string[]
  /** With --itemize-changes: files that are there as they are here, but for their modes; below the source. */
  chmodded: string[]
  /** Seconds that it took. */
  seconds: number
}

export interface RsyncOptions {
  /** rsync's own options, before the paths. */
  options: string[]
  /** Paths here (`local`) or on the host (`remote`); a directory ends with a slash to mean its contents. */
  from: { local: string } | { remote: string }
  to: { local: string } | { remote: string }
  /** A file of filter rules. Default: none. */
  rules?: string | null
  /** A file of paths below the source, each with a zero byte behind it: nothing else is looked at. Default: none. */
  list?: string | null
  /** What is sent as one that may read what everybody here may, and nothing else: to a host. Default: as root. */
  asEverybody?: boolean
  signal?: AbortSignal
  /** Told now and then: bytes so far, and percent of what is known so far. */
  onProgress?: (bytes: number, percent: number) => void
}

/** A transfer that did not come to its end. */
export class TransferError extends Error {}

/** What should be brought could not be written here. */
export class CannotWriteHere extends TransferError {}

/** How much of rsync's output is kept: its final figures, which take less than half of that. */
const LAST_WORDS = 4096

/** Files vanished while they were read, which on a living system is no fault. */
const VANISHED = 24
/** The receiving side could not write: no space, a quota, a file system that is read-only (rsync's RERR_FILEIO). */
const CANNOT_WRITE = 11
/** A regular file whose contents were not sent, and whose permissions changed (rsync's --itemize-changes). */
const CHMODDED = /^[.c]f...p.{5} (.+)$/
/** Some of it was not sent. */
const PARTIAL = 23
const FINE = [0, VANISHED]

export async function rsync(connection: RsyncConnection, job: RsyncOptions): Promise<Transferred> {
  const [program, ...argv] = job.asEverybody ? senderOf(connection, job) : plainly(connection, job)
  const process = execa(program, argv, {
    reject: false,
    // rsync writes a line of progress for each file: only the last words are kept.
    buffer: { stdout: false },
    env: { LC_ALL: 'C' },
    stdin: 'ignore',
    ...(job.signal ? { cancelSignal: job.signal } : {}),
  })
  let last = ''
  const chmodded: string[] = []
  let line = ''
  process.stdout.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1')
    const lines = (line + text).split(/[\r\n]/)
    line = lines.pop()?.slice(-LAST_WORDS) ?? ''
    for (const each of lines) chmodded.push(...(CHMODDED.exec(each)?.slice(1).map(unescaped) ?? []))
    last = (last + text).slice(-LAST_WORDS)
    // A line of progress is whole when the next one begins.
    const found = [...last.matchAll(/(\d+) +(\d+)%[^\r\n]*[\r\n]/g)].at(-1)
    if (!found) return
    job.onProgress?.(Number(found[1]), Number(found[2]))
    last = last.slice(found.index + found[0].length)
  })
  const result = await process
  if (result.isCanceled) throw new TransferError('the transfer was ended')
  const denied = job.asEverybody && result.exitCode === PARTIAL ? denials(result.stderr) : []
  if (denied === null || (denied.length === 0 && !FINE.includes(result.exitCode ?? -1))) {
    const Why = result.exitCode === CANNOT_WRITE && 'local' in job.to ? CannotWriteHere : TransferError
    throw new Why(`rsync ended with ${result.exitCode ?? result.signal ?? 'an error'}: ${tail(result.stderr)}`)
  }
  return {
    bytes: figure(last, /bytes sent: /) + figure(last, /bytes received: /),
    size: figure(last, /Total file size: /),
    files: figure(last, /Number of files: /),
    vanished: result.exitCode === VANISHED,
    denied,
    chmodded,
    seconds: result.durationMs / 1000,
  }
}

/** What a sender would look at, of what it may read: by rsync's own listing. */
export interface Listed {
  /** As in `ls -l`: `-rw-r--r--`. */
  mode: string
  size: number
  /** Absolute. */
  path: string
}

/**
 * What rsync would send of this system by the rules in a file, read as everybody may. Files that it would be denied are
 * listed as well; what is below directories that are denied is not.
 */
export async function listing(rules: string): Promise<{ entries: Listed[]; denied: string[] }> {
  const request = {
    rsync: ['--list-only', '--recursive', '--no-human-readable', '--', '/'],
    rules,
    list: null,
    shell: [],
  }
  const argv = ['-I', projectFile('hooks/sender/everybody.py'), JSON.stringify(request)]
  const process = execa('python3', argv, {
    reject: false,
    buffer: { stdout: false },
    env: { LC_ALL: 'C' },
    stdin: 'ignore',
  })
  const entries: Listed[] = []
  const reading = (async () => {
    for await (const line of process.iterable({ from: 'stdout' })) {
      // MODE SIZE DATE TIME PATH; of a link, also where it leads.
      const [, mode = '', size = '', path = ''] = /^(\S{10}) +([\d,]+) \S+ \S+ (.+)$/.exec(line) ?? []
      if (mode === '') continue
      const name = mode.startsWith('l') ? path.replace(/ -> .*$/, '') : path
      entries.push({ mode, size: Number(size.replaceAll(',', '')), path: `/${unescaped(name)}` })
    }
  })()
  const [result] = await Promise.all([process, reading])
  const denied = result.exitCode === PARTIAL ? denials(result.stderr) : []
  if (denied === null || (denied.length === 0 && !FINE.includes(result.exitCode ?? -1))) {
    throw new TransferError(
      `rsync ended with ${result.exitCode ?? result.signal ?? 'an error'}: ${tail(result.stderr)}`,
    )
  }
  return { entries, denied }
}

/** -s: what is remote is not seen by a shell there. */
const ALWAYS = ['-s', '--no-human-readable', '--info=stats2,progress2']

function plainly(connection: RsyncConnection, { options, rules, list, from, to }: RsyncOptions): [string, ...string[]] {
  const path = (end: RsyncOptions['from']): string => ('local' in end ? end.local : connection.rsyncPath(end.remote))
  const shell = connection.rsyncShell === null ? [] : ['-e', connection.rsyncShell]
  const files = [...(rules ? [`--filter=merge ${rules}`] : []), ...(list ? ['--from0', `--files-from=${list}`] : [])]
  // Paths that begin with "-" are not options after "--".
  return ['rsync', ...ALWAYS, ...shell, ...options, ...files, '--', path(from), path(to)]
}

/** See hooks/sender/everybody.py. */
function senderOf({ reach }: RsyncConnection, { options, rules, list, from, to }: RsyncOptions): [string, ...string[]] {
  if (!('local' in from && 'remote' in to)) throw new Error('what everybody may read is sent to a host')
  const words = [...ALWAYS, ...options, ...(list ? ['--from0', '--files-from=-'] : [])]
  const request = {
    rsync: [...words, '--', from.local, `farm:${to.remote}`],
    rules: rules ?? null,
    list: list ?? null,
    shell: reach,
  }
  return ['python3', '-I', projectFile('hooks/sender/everybody.py'), JSON.stringify(request)]
}

function figure(text: string, label: RegExp): number {
  const found = new RegExp(`${label.source}([\\d,]+)`).exec(text)
  return Number((found?.[1] ?? '0').replaceAll(',', ''))
}

function tail(text: string): string {
  return text.trim().split('\n').slice(-3).join('; ')
}

/** rsync over a host's connection. */
import { dirname } from 'node:path'
import { execa } from 'execa'
import { canWrite } from './can-write.ts'
import type { RsyncConnection } from './connection.ts'
import { isPlain } from '../../core/mirror/paths.ts'
import { asLastWords } from '../../core/reason.ts'
import { denials, unescaped } from './denials.ts'
import { rsyncWords } from './rsync-words.ts'

export interface Transferred {
  /** Bytes that went over the connection, both ways. */
  bytes: number
  /** Bytes of all files of the source, sent or not. */
  size: number
  /** Entries of the source: files, directories, links, … */
  files: number
  /** Some of the source went away while it was read. */
  vanished: boolean
  /** Files and directories of the source that the sender may not read, by their absolute paths, a character for each byte. */
  denied: string[]
  /** With --itemize-changes: files that are there as they are here, but for their modes; below the source, likewise. */
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
  /** Bytes that a file may have which it writes here; the kernel holds it to that, whatever the host sends. */
  most?: number
  /** Seconds that it may take. */
  seconds?: number
  /** Seconds in which no byte may come or go. Default 300. */
  silence?: number
  /** Told now and then: bytes so far, and percent of what is known so far. */
  onProgress?: (bytes: number, percent: number) => void
}

/** A transfer that did not come to its end. */
export class TransferError extends Error {}

/** What should be brought could not be written here, and that is so whoever says it. */
export class CannotWriteHere extends TransferError {}

/** How much of rsync's output is kept: its final figures, which take less than half of that. */
const LAST_WORDS = 4096

const MOST_WORDS = 2 ** 20
/** A line for each file that is denied. */
const MOST_DENIALS = 2 ** 26

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
  const [program, ...argv] = rsyncWords(connection, job)
  const process = execa(program, argv, {
    reject: false,
    // rsync writes a line of progress for each file: only the last words are kept.
    buffer: { stdout: false },
    // The host's words come with its own. Who says more than that is ended.
    maxBuffer: job.asEverybody ? MOST_DENIALS : MOST_WORDS,
    env: { LC_ALL: 'C' },
    stdin: 'ignore',
    ...(job.signal ? { cancelSignal: job.signal } : {}),
    ...(job.seconds === undefined ? {} : { timeout: job.seconds * 1000 }),
  })
  let last = ''
  const chmodded: string[] = []
  let line = ''
  process.stdout.on('data', (chunk: Buffer) => {
    const text = chunk.toString('latin1')
    const lines = (line + text).split(/[\r\n]/)
    line = lines.pop()?.slice(-LAST_WORDS) ?? ''
    // The host's words may look like these.
    for (const each of lines) {
      chmodded.push(...(CHMODDED.exec(each)?.slice(1).map(unescaped) ?? []).filter(path => isPlain(`/${path}`)))
    }
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
    // The host may have said so for its own side, or without a reason.
    const isHere =
      result.exitCode === CANNOT_WRITE && 'local' in job.to && !(await canWrite(dirname(job.to.local), job.most ?? 0))
    const Why = isHere ? CannotWriteHere : TransferError
    if (result.timedOut) throw new Why(`the transfer took longer than ${Math.round(job.seconds ?? 0)} s`)
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

/** The last one: what a host says comes before what rsync says here at its end. */
function figure(text: string, label: RegExp): number {
  const found = [...text.matchAll(new RegExp(`${label.source}([\\d,]{1,20})`, 'g'))].at(-1)
  return Number((found?.[1] ?? '0').replaceAll(',', ''))
}

function tail(text: string): string {
  return asLastWords(text.trim().split('\n').slice(-6).join('; '))
}

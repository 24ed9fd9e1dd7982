/** rsync over a host's connection. */
import { randomBytes } from 'node:crypto'
import { rm, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import type { RsyncConnection } from './connection.ts'

export interface Transferred {
  /** Bytes that went over the connection, both ways. */
  bytes: number
  /** Bytes of all files of the source, sent or not. */
  size: number
  /** Entries of the source: files, directories, links, … */
  files: number
  /** Some of the source went away while it was read. */
  vanished: boolean
  /** Seconds that it took. */
  seconds: number
}

export interface RsyncOptions {
  /** rsync's own options, before the paths. */
  options: string[]
  /** Paths here (`local`) or on the host (`remote`); a directory ends with a slash to mean its contents. */
  from: { local: string } | { remote: string }
  to: { local: string } | { remote: string }
  signal?: AbortSignal
  /** Bytes that a file may have which it writes here; the kernel holds it to that, whatever the host sends. */
  most?: number
  /** Seconds that it may take. */
  seconds?: number
  /** Told now and then: bytes so far, and percent of what is known so far. */
  onProgress?: (bytes: number, percent: number) => void
}

/** A transfer that did not come to its end. */
export class TransferError extends Error {}

/** What should be brought could not be written here, and that is so whoever says it. */
export class CannotWriteHere extends TransferError {}

/** How much of rsync's output is kept: its final figures, which take less than half of that. */
const LAST_WORDS = 4096

const MOST_WORDS = 1 << 20

/** Files vanished while they were read, which on a living system is no fault. */
const VANISHED = 24
/** The receiving side could not write: no space, a quota, a file system that is read-only (rsync's RERR_FILEIO). */
const CANNOT_WRITE = 11
const FINE = [0, VANISHED]
/** Seconds without a byte in either direction after which a transfer is given up (its --timeout). */
const SILENCE = 300
/** Bytes that must go into a directory here which can be written to. */
const PROBE = 1 << 20

export async function rsync(connection: RsyncConnection, job: RsyncOptions): Promise<Transferred> {
  const path = (end: RsyncOptions['from']): string => ('local' in end ? end.local : connection.rsyncPath(end.remote))
  const shell = connection.rsyncShell === null ? [] : ['-e', connection.rsyncShell]
  // -s: what is remote is not seen by a shell there. Paths that begin with "-" are not options after "--".
  const argv = [
    ...['-s', '--no-human-readable', '--info=stats2,progress2', `--timeout=${SILENCE}`],
    ...[...shell, ...job.options],
  ]
  const process = execa(...limited([...argv, '--', path(job.from), path(job.to)], job.most), {
    reject: false,
    // rsync writes a line of progress for each file: only the last words are kept.
    buffer: { stdout: false },
    // The host's words come with its own. Who says more than that is ended.
    maxBuffer: MOST_WORDS,
    env: { LC_ALL: 'C' },
    stdin: 'ignore',
    ...(job.signal ? { cancelSignal: job.signal } : {}),
    ...(job.seconds === undefined ? {} : { timeout: job.seconds * 1000 }),
  })
  let last = ''
  process.stdout.on('data', (chunk: Buffer) => {
    last = (last + chunk.toString('latin1')).slice(-LAST_WORDS)
    // A line of progress is whole when the next one begins.
    const found = [...last.matchAll(/(\d+) +(\d+)%[^\r\n]*[\r\n]/g)].at(-1)
    if (!found) return
    job.onProgress?.(Number(found[1]), Number(found[2]))
    last = last.slice(found.index + found[0].length)
  })
  const result = await process
  if (result.isCanceled) throw new TransferError('the transfer was ended')
  if (!FINE.includes(result.exitCode ?? -1)) {
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
    seconds: result.durationMs / 1000,
  }
}

/** A command for rsync, whose files may have so many bytes. A shell has 512 of them in a block (POSIX). */
function limited(argv: string[], most: number | undefined): [string, string[]] {
  if (most === undefined || !Number.isFinite(most)) return ['rsync', argv]
  const script = 'ulimit -f "$1" && shift && exec rsync "$@"'
  return ['sh', ['-c', script, 'sh', String(Math.ceil(most / 512)), ...argv]]
}

/** Whether a directory takes a file of so many bytes now. */
async function canWrite(directory: string, bytes: number): Promise<boolean> {
  const probe = join(directory, `.portage-farm-${randomBytes(6).toString('hex')}`)
  try {
    const { bavail, bsize } = await statfs(directory)
    if (bavail * bsize < bytes) return false
    await writeFile(probe, Buffer.alloc(PROBE), { flag: 'wx', mode: 0o600, flush: true })
    return true
  } catch {
    return false
  } finally {
    await rm(probe, { force: true }).catch(() => undefined)
  }
}

function figure(text: string, label: RegExp): number {
  const found = new RegExp(`${label.source}([\\d,]+)`).exec(text)
  return Number((found?.[1] ?? '0').replaceAll(',', ''))
}

function tail(text: string): string {
  return text.trim().split('\n').slice(-3).join('; ')
}

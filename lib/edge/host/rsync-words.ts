/** The command of a transfer. */
import { projectFile } from '../project.ts'
import type { RsyncConnection } from './connection.ts'
import type { RsyncOptions } from './rsync.ts'

/** A program and its arguments. */
type Words = [string, ...string[]]

/** Seconds without a byte in either direction after which a transfer is given up (its --timeout), if nothing else is said. */
const SILENCE = 300

export function rsyncWords(connection: RsyncConnection, job: RsyncOptions): Words {
  return job.asEverybody ? senderOf(connection, job) : plainly(connection, job)
}

/** -s: what is remote is not seen by a shell there. */
const ALWAYS = ['-s', '--no-human-readable', '--info=stats2,progress2']
const always = (silence = SILENCE): string[] => [...ALWAYS, `--timeout=${silence}`]

function plainly(connection: RsyncConnection, job: RsyncOptions): Words {
  const { options, rules, list, from, to, most, silence } = job
  const path = (end: RsyncOptions['from']): string => ('local' in end ? end.local : connection.rsyncPath(end.remote))
  const shell = connection.rsyncShell === null ? [] : ['-e', connection.rsyncShell]
  const files = [...(rules ? [`--filter=merge ${rules}`] : []), ...(list ? ['--from0', `--files-from=${list}`] : [])]
  // Paths that begin with "-" are not options after "--".
  return limited([...always(silence), ...shell, ...options, ...files, '--', path(from), path(to)], most)
}

/** See hooks/sender/everybody.py. */
function senderOf({ reach }: RsyncConnection, { options, rules, list, from, to, silence }: RsyncOptions): Words {
  if (!('local' in from && 'remote' in to)) throw new Error('what everybody may read is sent to a host')
  const words = [...always(silence), ...options, ...(list ? ['--from0', '--files-from=-'] : [])]
  const request = {
    rsync: [...words, '--', from.local, `farm:${to.remote}`],
    rules: rules ?? null,
    list: list ?? null,
    shell: reach,
  }
  return ['python3', '-I', projectFile('hooks/sender/everybody.py'), JSON.stringify(request)]
}

/** A command for rsync, whose files may have so many bytes. A shell has 512 of them in a block (POSIX). */
function limited(argv: string[], most: number | undefined): Words {
  if (most === undefined || !Number.isFinite(most)) return ['rsync', ...argv]
  const script = 'ulimit -f "$1" && shift && exec rsync "$@"'
  return ['sh', '-c', script, 'sh', String(Math.ceil(most / 512)), ...argv]
}

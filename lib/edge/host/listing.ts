/** What would be sent of this system, by rsync itself. */
import { execa } from 'execa'
import { projectFile } from '../project.ts'
import { denials, textOf, unescaped } from './denials.ts'

/** rsync's RERR_PARTIAL and RERR_VANISHED. */
const [PARTIAL, VANISHED] = [23, 24]

/** One entry. */
export interface Listed {
  /** As in `ls -l`: `-rw-r--r--`. */
  mode: string
  size: number
  /** Absolute. */
  path: string
}

/** Whether it is a file. */
export function isFile({ mode }: Pick<Listed, 'mode'>): boolean {
  return mode.startsWith('-')
}

/** Whether it is a file whose contents go: everybody may read it. */
export function isSent(entry: Pick<Listed, 'mode'>): boolean {
  return isFile(entry) && entry.mode[7] === 'r'
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
      entries.push({ mode, size: Number(size.replaceAll(',', '')), path: `/${textOf(unescaped(name))}` })
    }
  })()
  const [result] = await Promise.all([process, reading])
  const denied = result.exitCode === PARTIAL ? denials(result.stderr) : []
  if (denied === null || ![0, PARTIAL, VANISHED].includes(result.exitCode ?? -1)) {
    throw new Error(`rsync ended with ${result.exitCode ?? result.signal ?? 'an error'}: ${result.stderr.slice(-300)}`)
  }
  return { entries, denied: denied.map(textOf) }
}

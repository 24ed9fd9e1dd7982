import { STATE_DIRECTORY } from '../edge/client.ts'
import { readRun } from '../edge/run-log.ts'
import { shortened } from '../report/names.ts'
import { findPackages, packagesOf, whyLines } from '../report/why.ts'
import { type Command, complain, say, UsageError } from './command.ts'

/** How many packages of a run are named to somebody who asked for one that it does not have. */
const NAMED = 20

export const why: Command = {
  usage: 'why PKG... [--run RUN]',
  summary: 'says where packages of a run (default: the newest) went, and for which reasons',
  options: { run: { type: 'string' } },
  run: async (wanted, { run }) => {
    if (wanted.length === 0) throw new UsageError('why which packages?')
    const read = await readRun(STATE_DIRECTORY, typeof run === 'string' ? run : null)
    if (!read.ok) return complain(read.reason)
    const { events, dropped } = read
    if (dropped.length > 0) complain(`The event log of the run ${read.run} is not whole: ${dropped.join('; ')}.`)
    for (const words of wanted) {
      const found = findPackages(events, words)
      if (found.length === 0) return complain(unknown(words, read.run, packagesOf(events)))
      say(found.map(id => whyLines(events, id).join('\n')).join('\n\n'))
    }
    return 0
  },
}

function unknown(words: string, run: string, packages: string[]): string {
  const list = shortened(packages, NAMED).map(line => `  ${line}`)
  return [`${words} is not in the run ${run}. Its packages are:`, ...list].join('\n')
}

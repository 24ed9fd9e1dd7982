import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { cleanFarm } from '../farm/clean.ts'
import { cleanedLines } from '../report/cleaned.ts'
import { type Command, complain, say, UsageError } from './command.ts'

export const clean: Command = {
  usage: 'clean [--pretend]',
  summary: 'removes copies, sources, results and logs that nobody has used for long, here, on hosts and in the store',
  options: { pretend: { type: 'boolean', short: 'p' } },
  run: async (args, { config, pretend }) => {
    if (args.length > 0) throw new UsageError(`clean: ${args.join(' ')}: it takes no arguments`)
    const read = await readFarmConfig(config)
    if (!read.ok) return complain(formatProblems(read))
    const cleaned = await cleanFarm(read.config, pretend === true)
    say(cleanedLines(cleaned, pretend === true).join('\n'))
    return cleaned.some(each => 'reason' in each) ? 1 : 0
  },
}

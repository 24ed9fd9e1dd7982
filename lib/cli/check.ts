import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { type Command, complain, say } from './command.ts'

export const check: Command = {
  usage: 'check',
  summary: 'says whether farm.yaml is good, and what is wrong with it',
  run: async (_, { config }) => {
    const read = await readFarmConfig(config)
    if (!read.ok) return complain(formatProblems(read))
    const hosts = read.config.hosts.map(host => `  ${host.name}: ${host.ssh}, ${host.jobs} at once`)
    return say([`${config} is good; its hosts:`, ...hosts].join('\n'))
  },
}

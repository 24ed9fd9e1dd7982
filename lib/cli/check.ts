import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { checkHosts } from '../farm/check-hosts.ts'
import { hostLines } from '../report/hosts.ts'
import { type Command, complain, say } from './command.ts'

export const check: Command = {
  usage: 'check [--hosts]',
  summary: 'says whether farm.yaml is good, and what is wrong with it; with --hosts, also what its hosts lack',
  options: { hosts: { type: 'boolean' } },
  run: async (_, { config, hosts: asked }) => {
    const read = await readFarmConfig(config)
    if (!read.ok) return complain(formatProblems(read))
    if (asked === true) {
      const hosts = await checkHosts(read.config)
      say(hosts.flatMap(hostLines).join('\n'))
      return hosts.some(each => each.problems.some(({ level }) => level === 'refuse')) ? 1 : 0
    }
    const hosts = read.config.hosts.map(host => `  ${host.name}: ${host.ssh ?? 'this machine'}, ${host.jobs} at once`)
    return say(
      [`${config} is good; its hosts:`, ...hosts, 'Whether they can build says portage-farm check --hosts'].join('\n'),
    )
  },
}

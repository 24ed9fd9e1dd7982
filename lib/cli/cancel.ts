import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { cancelRuns } from '../farm/cancel.ts'
import { type Command, complain, say } from './command.ts'

export const cancel: Command = {
  usage: 'cancel',
  summary: 'ends all builds of this machine on its hosts, also those that a broken run left; emerge goes on alone',
  run: async (_, { config }) => {
    const read = await readFarmConfig(config)
    if (!read.ok) return complain(formatProblems(read))
    const { here, hosts } = await cancelRuns(read.config)
    const runs = here.map(run => `ended the run ${run}`)
    const lines = hosts.map(host => {
      if ('reason' in host) return `${host.name}: could not be asked (${host.reason}); what it has ends within an hour`
      return host.ended.length === 0
        ? `${host.name}: nothing is left there`
        : `${host.name}: ended what was left of ${host.ended.join(', ')}`
    })
    say([...runs, ...lines].join('\n'))
    return hosts.some(host => 'reason' in host) ? 1 : 0
  },
}

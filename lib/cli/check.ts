import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { checkHosts } from '../farm/check-hosts.ts'
import { hostLines } from '../report/hosts.ts'
import { messageOf } from '../core/error.ts'
import { Layout, NoStore } from '../edge/shared/layout.ts'
import { workersAt } from '../edge/shared/presence.ts'
import { type Command, complain, say } from './command.ts'

export const check: Command = {
  usage: 'check [--hosts]',
  summary: 'says whether farm.yaml is good, and what is wrong with it; with --hosts, also what its hosts lack',
  options: { hosts: { type: 'boolean' } },
  run: async (_, { config, hosts: asked }) => {
    const read = await readFarmConfig(config)
    if (!read.ok) return complain(formatProblems(read))
    const { store } = read.config
    if (store) return asked === true ? checkStore(store.path) : say(`${config} is good; its store: ${store.path}`)
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

/** Says who works at a store. */
async function checkStore(path: string): Promise<number> {
  try {
    const workers = await workersAt(await Layout.open(path))
    const lines = workers.map(({ name, presence, lives }) =>
      lives
        ? `  ${name}: ${presence.jobs ?? '?'} at once, portage-farm ${presence.version ?? '?'}`
        : `  ${name}: gives no sign of life`,
    )
    const start = 'nobody works there: start workers with portage-farm work ' + path
    if (!workers.some(each => each.lives)) return complain([`${path} is a store;`, ...lines, start].join('\n'))
    return say([`${path} is a store; its workers:`, ...lines].join('\n'))
  } catch (error) {
    if (error instanceof NoStore) return complain(messageOf(error))
    throw error
  }
}

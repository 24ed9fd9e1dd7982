import type { FarmConfig } from '../core/config.ts'
import { describeProblems } from '../core/host-facts.ts'
import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { reachFacts } from '../edge/reach.ts'
import { checkHosts } from '../farm/check-hosts.ts'
import { whatIsSent } from '../farm/sent.ts'
import { ownProblems } from '../farm/own-problems.ts'
import { hostLines } from '../report/hosts.ts'
import { reachReport } from '../report/reach.ts'
import { sentLines } from '../report/sent.ts'
import { messageOf } from '../core/error.ts'
import { Layout, NoStore } from '../edge/shared/layout.ts'
import { workersAt } from '../edge/shared/presence.ts'
import { type Command, complain, FARM_YAML, say } from './command.ts'

export const check: Command = {
  usage: 'check [--hosts | --sent [--json]]',
  summary:
    'says whether farm.yaml is good and emerge reaches the farm; with --hosts, also what its hosts lack; with --sent, what of this system they get',
  options: { hosts: { type: 'boolean' }, sent: { type: 'boolean' }, json: { type: 'boolean' } },
  run: async (_, { config, hosts: asked, sent, json }) => {
    const read = await readFarmConfig(config)
    if (!read.ok) return complain(formatProblems(read))
    if (sent === true) {
      const report = await whatIsSent(read.config)
      return say(json === true ? JSON.stringify(report) : sentLines(report).join('\n'))
    }
    const code = await checkFarm(config, read.config, asked === true)
    // Another file than the one in its place is not what emerge goes by.
    return config === FARM_YAML ? Math.max(code, await checkReach(config)) : code
  },
}

async function checkFarm(path: string, config: FarmConfig, askHosts: boolean): Promise<number> {
  const { store, hosts } = config
  const own = await ownProblems(config)
  const isUnfit = own.some(({ level }) => level === 'refuse')
  if (own.length > 0) complain(`This machine: ${describeProblems(own)}`)
  if (store) return askHosts ? checkStore(store.path) : say(`${path} is good; its store: ${store.path}`)
  if (askHosts) {
    const checked = await checkHosts(config)
    say(checked.flatMap(hostLines).join('\n'))
    return isUnfit || checked.some(each => each.problems.some(({ level }) => level === 'refuse')) ? 1 : 0
  }
  const lines = hosts.map(host => `  ${host.name}: ${host.ssh ?? 'this machine'}, ${host.jobs} at once`)
  say([`${path} is good; its hosts:`, ...lines, 'Whether they can build says portage-farm check --hosts'].join('\n'))
  return isUnfit ? 1 : 0
}

/** Says whether emerge comes to the farm. */
async function checkReach(config: string): Promise<number> {
  const { ok, lines } = reachReport(await reachFacts(config))
  say(lines.join('\n'))
  return ok ? 0 : 1
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

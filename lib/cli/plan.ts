import { patternsOf } from '../core/policy.ts'
import { STATE_DIRECTORY } from '../edge/client.ts'
import { formatProblems } from '../edge/config/problem.ts'
import { readFarmConfig } from '../edge/config/read.ts'
import { lastSeen } from '../edge/run-log.ts'
import { predictRun, type SupposedHost } from '../farm/predict.ts'
import { resolve } from '../farm/resolve.ts'
import { predictionLines } from '../report/prediction.ts'
import { type Command, complain, say, UsageError } from './command.ts'

/** What may be said of a host that is only supposed, and how large it may be. */
const FIGURES: Record<string, number> = { jobs: 1024, cores: 4096, speed: 1000 }

export const plan: Command = {
  usage: 'plan [--with-host H] [--without-host H] -- ARGS',
  summary: 'says how `emerge ARGS` would go: what is built where and when, how long it takes, what limits it',
  options: {
    'with-host': { type: 'string', multiple: true },
    'without-host': { type: 'string', multiple: true },
    json: { type: 'boolean' },
  },
  run: async (args, { config: path, json, ...values }) => {
    if (args.length === 0) throw new UsageError('plan: what is emerge to merge?')
    const add = strings(values['with-host']).map(supposed)
    const remove = strings(values['without-host'])
    const read = await readFarmConfig(path)
    if (!read.ok) return complain(formatProblems(read))
    const { config } = read
    const names = config.store ? [...(await lastSeen(STATE_DIRECTORY)).keys()] : config.hosts.map(host => host.name)
    if (names.length === 0)
      return complain('no worker of the store has been seen in a run yet: nothing is known of them')
    const stranger = remove.find(name => !names.includes(name))
    if (stranger !== undefined) {
      return complain(`--without-host ${stranger}: the hosts of ${path} are ${names.join(', ')}`, 2)
    }
    const resolved = await resolve(args, patternsOf(config))
    if (!resolved.ok) return complain(resolved.output, resolved.code ?? 1)
    if (resolved.request === null) return say('There is nothing to build.')
    const predicted = await predictRun({ config, request: resolved.request, state: STATE_DIRECTORY, add, remove })
    const { now, others } = predicted
    return say(json === true ? JSON.stringify({ now, others }) : predictionLines(now, others).join('\n'))
  },
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** `big`, `big:jobs=4`, `big:jobs=4,cores=16,speed=2.5`. */
function supposed(words: string): SupposedHost {
  const [name = '', figures = ''] = words.split(/:(.*)/s)
  const wrong = (): UsageError =>
    new UsageError(
      `--with-host ${words}: write for instance big, or big:jobs=4,cores=16,speed=2 (twice as fast as the others)`,
    )
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw wrong()
  const host: Record<string, number> = {}
  for (const each of figures === '' ? [] : figures.split(',')) {
    const [key = '', text = ''] = each.split('=')
    const value = Number(text)
    const most = FIGURES[key]
    if (most === undefined || !(value > 0 && value <= most)) throw wrong()
    if (key !== 'speed' && !Number.isInteger(value)) throw wrong()
    host[key] = value
  }
  return { name, ...host }
}

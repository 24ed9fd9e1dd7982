#!/usr/bin/env node
/** portage-farm's own command. The everyday command is emerge. */
import { parseArgs } from 'node:util'
import { bridge } from './farm/bridge.ts'
import { distribute, DistributeError } from './farm/distribute.ts'
import { formatProblems } from './edge/config/problem.ts'
import { readFarmConfig } from './edge/config/read.ts'
import { projectVersion } from './edge/project.ts'
import { setup, SetupError, unsetup } from './edge/setup.ts'

const USAGE = `portage-farm: builds the packages of an emerge on your other machines

  portage-farm setup            puts the emerge shim and the bashrc hook in place
  portage-farm setup --remove   takes them away again
  portage-farm check            says whether farm.yaml is good, and what is wrong with it
  portage-farm run ATOM...      emerge ATOM... on the farm, printing the events as JSON lines
  portage-farm --version

  --config FILE   farm.yaml (default /etc/portage/farm.yaml)

Everything else is emerge: with a farm.yaml, it builds on the farm. PORTAGE_FARM=0 emerge ... does not.
`

const OPTIONS = {
  config: { type: 'string', default: '/etc/portage/farm.yaml' },
  remove: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
  version: { type: 'boolean', default: false },
} as const

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  let parsed
  try {
    parsed = parseArgs({ args, options: OPTIONS, allowPositionals: true })
  } catch (error) {
    return complain(`${(error as Error).message}\n\n${USAGE}`, 2)
  }
  const { values, positionals } = parsed
  const [command, ...rest] = positionals
  if (values.version) return say(projectVersion())
  if (values.help) return say(USAGE)
  switch (command) {
    case 'bridge':
      return bridge(values.config)
    case 'setup':
      return runSetup(values.remove)
    case 'check':
      return check(values.config)
    case 'run':
      return rest.length === 0 ? complain('run: which packages?', 2) : run(rest, values.config)
    default:
      return complain(command === undefined ? USAGE : `there is no command ${command}\n\n${USAGE}`, 2)
  }
}

async function runSetup(remove: boolean): Promise<number> {
  try {
    const done = await (remove ? unsetup() : setup())
    return say(done.join('\n'))
  } catch (error) {
    if (error instanceof SetupError) return complain(error.message)
    throw error
  }
}

async function check(config: string): Promise<number> {
  const read = await readFarmConfig(config)
  if (!read.ok) return complain(formatProblems(read))
  const hosts = read.config.hosts.map(host => `  ${host.name}: ${host.ssh}, ${host.jobs} at once`)
  return say([`${config} is good; its hosts:`, ...hosts].join('\n'))
}

async function run(atoms: string[], config: string): Promise<number> {
  const stop = new AbortController()
  process.on('SIGINT', () => {
    stop.abort()
  })
  const distribution = distribute({ atoms, config, signal: stop.signal })
  for await (const event of distribution) process.stdout.write(JSON.stringify(event) + '\n')
  try {
    const { ok, code } = await distribution.result
    return code ?? (ok ? 0 : 1)
  } catch (error) {
    if (error instanceof DistributeError) return complain(error.message)
    throw error
  }
}

function say(text: string): number {
  process.stdout.write(text.trimEnd() + '\n')
  return 0
}

function complain(text: string, code = 1): number {
  process.stderr.write(text.trimEnd() + '\n')
  return code
}

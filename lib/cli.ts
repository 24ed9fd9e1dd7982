#!/usr/bin/env node
/** portage-farm's own command. The everyday command is emerge. */
import { parseArgs } from 'node:util'
import { agent } from './cli/agent.ts'
import { cancel } from './cli/cancel.ts'
import { check } from './cli/check.ts'
import { clean } from './cli/clean.ts'
import { type Command, complain, FARM_YAML, type OptionValues, say, UsageError } from './cli/command.ts'
import { plan } from './cli/plan.ts'
import { retry } from './cli/retry.ts'
import { run } from './cli/run.ts'
import { setup } from './cli/setup.ts'
import { why } from './cli/why.ts'
import { work } from './cli/work.ts'
import { projectVersion } from './edge/project.ts'
import { bridge } from './farm/bridge.ts'

/** In the order in which they are listed. */
const COMMANDS: Record<string, Command> = { setup, check, plan, run, why, cancel, clean, agent, work, retry }

const GENERAL = {
  config: { type: 'string', default: FARM_YAML },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const

process.exitCode = await main(process.argv.slice(2))

async function main(args: string[]): Promise<number> {
  try {
    const { values, positionals } = parse(args)
    const [name = '', ...rest] = positionals
    if (values['version'] === true) return say(projectVersion())
    if (values['help'] === true) return say(usage())
    const config = String(values['config'])
    // The shim's way in, not a command for people.
    if (name === 'bridge') return await bridge(config)
    const command = COMMANDS[name]
    if (!command) throw new UsageError(name === '' ? '' : `there is no command ${name}`)
    const foreign = Object.keys(values).find(each => !(each in GENERAL) && !(each in (command.options ?? {})))
    if (foreign !== undefined) throw new UsageError(`${name} has no option --${foreign}`)
    return await command.run(rest, { ...values, config })
  } catch (error) {
    if (error instanceof UsageError) return complain(`${error.message}\n\n${usage()}`.trimStart(), 2)
    throw error
  }
}

/** The command's name may stand behind options, so those of all commands are known here. */
function parse(args: string[]): { values: OptionValues; positionals: string[] } {
  const own = Object.values(COMMANDS).map(each => each.options ?? {})
  const options = Object.assign({}, ...own, GENERAL) as NonNullable<Command['options']>
  try {
    return parseArgs({ args, options, allowPositionals: true })
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error })
  }
}

function usage(): string {
  const commands = Object.values(COMMANDS).map(each => [each.usage, each.summary] as const)
  const width = Math.max(...commands.map(([how]) => how.length)) + 2
  return `portage-farm: builds the packages of an emerge on your other machines

${commands.map(([how, what]) => `  portage-farm ${how.padEnd(width)}${what}`).join('\n')}
  portage-farm --version

  --config FILE   farm.yaml (default /etc/portage/farm.yaml)

Everything else is emerge: with a farm.yaml, it builds on the farm. PORTAGE_FARM=0 emerge ... does not.
`
}

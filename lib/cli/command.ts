/** What a command of portage-farm is made of, and how commands speak. */
import type { ParseArgsConfig } from 'node:util'
import { printable } from '../core/printable.ts'

/** The farm.yaml that emerge goes by, and the default of --config. */
export const FARM_YAML = '/etc/portage/farm.yaml'

/** The values of a command's options, as `util.parseArgs` gives them. */
export type OptionValues = Record<string, string | boolean | (string | boolean)[] | undefined>

export interface Command {
  /** How it is called, after `portage-farm`. */
  usage: string
  /** One line for the list of commands. */
  summary: string
  /** Its own options, besides --config and --help. Default none. */
  options?: NonNullable<ParseArgsConfig['options']>
  /** Runs it. `positionals`: the words behind its name. Returns the exit code. */
  run(positionals: string[], values: OptionValues & { config: string }): Promise<number>
}

/** A call that cannot be understood: what is wrong with it. The exit code is 2. */
export class UsageError extends Error {}

export function say(text: string): number {
  process.stdout.write(printable(text.trimEnd()) + '\n')
  return 0
}

export function complain(text: string, code = 1): number {
  process.stderr.write(printable(text.trimEnd()) + '\n')
  return code
}

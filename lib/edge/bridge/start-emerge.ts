/** Starts emerge with two pipes to this process, over which it speaks as it does with a library of its own. */
import type { Writable } from 'node:stream'
import { execa } from 'execa'
import { projectFile } from '../project.ts'
import { EmergeLink } from './emerge-link.ts'

export interface EmergeOptions {
  /** `merge`, or `plan`: emerge only pretends, and tells what it would merge. */
  mode: 'merge' | 'plan'
  /** What becomes of emerge's own output. `pipe`: its result has it. */
  output: 'inherit' | 'ignore' | 'pipe'
}

/** `argv`: its arguments. No shell is between: what is an atom must only not look like an option. */
export function startEmerge(argv: readonly string[], { mode, output }: EmergeOptions) {
  const emerge = execa(projectFile('hooks/emerge'), argv, {
    stdio: ['ignore', output, output, 'pipe', 'pipe'],
    env: { PORTAGE_FARM_BRIDGE: mode === 'plan' ? 'plan:3,4' : 'fd:3,4' },
    reject: false,
    // What goes over the pipes is for the link.
    buffer: { stdout: output === 'pipe', stderr: output === 'pipe', fd3: false, fd4: false },
  })
  return { emerge, link: new EmergeLink(emerge.stdio[4], emerge.stdio[3] as unknown as Writable) }
}

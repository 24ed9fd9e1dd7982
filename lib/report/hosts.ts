/** What hosts are, and what they lack, for a person. */
import type { HostFacts, HostProblem } from '../core/host-facts.ts'
import { bytes } from '../core/units.ts'

/** `facts`: null where the host could not be asked. */
export function hostLines(host: { name: string; facts: HostFacts | null; problems: readonly HostProblem[] }): string[] {
  const refused = host.problems.some(each => each.level === 'refuse')
  return [
    `${host.name}: ${refused ? 'cannot build' : 'can build'}${host.facts ? ` (${figures(host.facts)})` : ''}`,
    ...host.problems.flatMap(({ text, mend, level }) => [
      `  ${level === 'warn' ? 'note: ' : ''}${text}`,
      ...(mend === '' ? [] : [`    do: ${mend}`]),
    ]),
  ]
}

function figures({ cores, memory, directory }: HostFacts): string {
  const free = 'error' in directory ? [] : [`${bytes(directory.freeBytes)} free`]
  return [`${cores} cores`, `${bytes(memory)} of memory`, ...free].join(', ')
}

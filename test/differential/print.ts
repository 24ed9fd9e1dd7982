/** What the command says about a result. Pure. */
import type { Result } from './harness.ts'
import type { Difference } from './scenario.ts'

/** Values longer than this are cut in the lines for people. */
const LIMIT = 400

export function jsonLine({ name, portage, equal, differences, seconds }: Result): string {
  return JSON.stringify({ name, portage, equal, differences, seconds })
}

/** One line for the scenario, and two below it for each difference. */
export function humanLines({ name, portage, equal, differences, seconds }: Result): string[] {
  const count = `${differences.length} ${differences.length === 1 ? 'difference' : 'differences'}`
  return [
    `${equal ? 'equal  ' : 'DIFFERS'} ${name} (Portage ${portage}, ${seconds.toFixed(1)} s)${equal ? '' : `: ${count}`}`,
    ...differences.flatMap(difference),
  ]
}

const difference = ({ where, field, plain, farm }: Difference): string[] => [
  `  ${where}: ${field}`,
  `    plain: ${brief(plain)}`,
  `    farm:  ${brief(farm)}`,
]

function brief(value: string | null): string {
  if (value === null) return '-'
  const text = value.length > LIMIT ? `${value.slice(0, LIMIT)}…` : value
  return text.replaceAll('\n', '\n           ')
}

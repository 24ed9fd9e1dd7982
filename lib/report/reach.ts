/** Whether emerge reaches the farm, for a person. */
import { hasReached, type ReachFacts, reachFindings, way } from '../core/reach.ts'

export interface ReachReport {
  /** Whether emerge reaches the farm in every way that was tried. */
  ok: boolean
  lines: string[]
}

export function reachReport(facts: ReachFacts): ReachReport {
  const findings = reachFindings(facts)
  const calls = [facts.shell, facts.sudo].flatMap(call => call ?? [])
  const reached = calls.filter(hasReached).map(way)
  const ok = findings.every(each => each.level === 'note')
  const lacking = [...(facts.shell ? [] : ['no login shell']), ...(facts.sudo ? [] : ['no sudo'])]
  const aside = lacking.length > 0 ? ` (there is ${lacking.join(' and ')} here)` : ''
  return {
    ok,
    lines: [
      ...(reached.length > 0 ? [`emerge reaches the farm ${reached.join(' and ')}${aside}`] : []),
      ...(calls.length === 0 ? [`emerge was not called: there is ${lacking.join(' and ')} here`] : []),
      ...findings.map(
        ({ level, text, mend }) => `${level === 'stop' ? 'emerge does not reach the farm' : 'note'}: ${text}; ${mend}`,
      ),
    ],
  }
}

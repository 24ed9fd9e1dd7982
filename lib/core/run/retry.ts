/** What becomes of a package whose build failed somewhere. */
import type { RunState } from './run-state.ts'

export type Verdict = 'elsewhere' | 'home'

/** After so many hosts could not do it, nobody else is asked. */
const MOST_ATTEMPTS = 3
/** After so many failures that need not be the hosts' fault: the next host would probably fail as well. */
const MOST_DOUBTFUL = 2

/**
 * Nothing that fails on hosts decides about a package: another host is asked, and then Portage builds it here, so that nobody
 * is worse off than with plain emerge. A build may miss something on every host that is here.
 */
export function afterFailure(state: RunState, id: string): Verdict {
  const attempts = state.attempts.get(id) ?? []
  const doubtful = attempts.filter(each => each.fault !== 'host').length
  if (attempts.length >= MOST_ATTEMPTS || doubtful >= MOST_DOUBTFUL) return 'home'
  if (isUnfit(state, id) || attempts.at(-1)?.fault === 'client') return 'home'
  return hasUntriedHost(state, id) ? 'elsewhere' : 'home'
}

/** Whether only Portage here can build the package, and no host can have it. */
export function isUnfit(state: RunState, id: string): boolean {
  return (state.attempts.get(id) ?? []).some(attempt => attempt.fault === 'unfit')
}

/** Whether some host may still take a package: one that works or is on its way, and that farm.yaml does not bar. */
export function hasUntriedHost(state: RunState, id: string): boolean {
  const tried = new Set((state.attempts.get(id) ?? []).map(attempt => attempt.host))
  const barred = state.plan.byId.get(id)?.barred
  return [...state.hosts].some(([name, host]) => host.state !== 'lost' && !tried.has(name) && !barred?.has(name))
}

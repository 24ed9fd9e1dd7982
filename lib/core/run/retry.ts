/** What becomes of a package whose build failed somewhere. */
import type { Attempt, RunState } from './run-state.ts'

export type Verdict = 'elsewhere' | 'home' | 'fail'

/** After so many hosts could not do it, nobody else is asked. */
const MOST_ATTEMPTS = 3

/**
 * A build that failed by itself on two hosts is the package's fault, and is reported as emerge would. Whatever else
 * went wrong is the farm's business: another host is asked, and where none is left Portage builds the package here,
 * so that nobody is worse off than with plain emerge.
 */
export function afterFailure(state: RunState, id: string): Verdict {
  const attempts = state.attempts.get(id) ?? []
  if (attempts.filter(isThePackages).length >= 2) return 'fail'
  if (attempts.length >= MOST_ATTEMPTS || isUnfit(state, id) || attempts.at(-1)?.fault === 'client') return 'home'
  return hasUntriedHost(state, id) ? 'elsewhere' : 'home'
}

/** Whether only Portage here can build the package, and no host can have it. */
export function isUnfit(state: RunState, id: string): boolean {
  return (state.attempts.get(id) ?? []).some(attempt => attempt.fault === 'unfit')
}

function isThePackages(attempt: Attempt): boolean {
  return attempt.fault === 'package'
}

/** Whether some host may still take a package: one that works or is on its way, and that farm.yaml does not bar. */
export function hasUntriedHost(state: RunState, id: string): boolean {
  const tried = new Set((state.attempts.get(id) ?? []).map(attempt => attempt.host))
  const barred = state.plan.byId.get(id)?.barred
  return [...state.hosts].some(([name, host]) => host.state !== 'lost' && !tried.has(name) && !barred?.has(name))
}

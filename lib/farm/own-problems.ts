/** Looks at what this system talks to other machines with. */
import { clientProblems } from '../core/client-check.ts'
import type { FarmConfig } from '../core/config.ts'
import type { HostProblem } from '../core/host-facts.ts'
import { clientFacts } from '../edge/client-facts.ts'

/** Nothing, where nobody of farm.yaml is another machine. */
export async function ownProblems({ hosts }: Pick<FarmConfig, 'hosts'>): Promise<HostProblem[]> {
  return hosts.every(host => host.ssh === null) ? [] : clientProblems(await clientFacts())
}

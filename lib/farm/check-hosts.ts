/** Asks every host of farm.yaml whether it could build, without giving it anything. */
import type { FarmConfig, HostConfig } from '../core/config.ts'
import { messageOf } from '../core/error.ts'
import { hostProblems } from '../core/host-check.ts'
import type { HostFacts, HostProblem } from '../core/host-facts.ts'
import { configuredFlags, STATE_DIRECTORY } from '../edge/client.ts'
import { configured } from '../edge/configured.ts'
import { HostLink, HostRefused } from '../edge/host/link.ts'
import { makeRuntime, removeRuntime } from '../edge/runtime.ts'
import { Extent } from './extent.ts'
import { hostContext } from './host-context.ts'
import { writeRules } from './mirror-places.ts'
import { Needs } from './needs.ts'

export interface CheckedHost {
  name: string
  /** Null: it could not be asked. */
  facts: HostFacts | null
  problems: HostProblem[]
}

/** In the order of farm.yaml. A host that does not answer has a problem that says so. */
export async function checkHosts(config: FarmConfig): Promise<CheckedHost[]> {
  const runtime = await makeRuntime()
  try {
    const context = await hostContext('check', config, runtime)
    const { CHOST = '', ...variables } = await configuredFlags()
    const extent = new Extent(await writeRules(config, await configured(), runtime, []), STATE_DIRECTORY)
    const needs = new Needs({ chost: CHOST, python: '' }, async () => extent.expected())
    return await Promise.all(
      config.hosts.map(async (host, index) =>
        checkHost(host, new HostLink(host, context, String(index)), needs, variables),
      ),
    )
  } finally {
    await removeRuntime(runtime)
  }
}

async function checkHost(
  { name, ssh, dir, jobs, root }: HostConfig,
  link: HostLink,
  needs: Needs,
  variables: Record<string, string>,
): Promise<CheckedHost> {
  try {
    const facts = await link.connect()
    const now = Date.now()
    const asked = { ssh, dir, jobs, mirror: root.provider === 'mirror' }
    return { name, facts, problems: hostProblems(facts, await needs.client(variables), asked, now) }
  } catch (error) {
    if (error instanceof HostRefused) return { name, facts: null, problems: error.problems }
    const problem: HostProblem = {
      name: 'connection',
      level: 'refuse',
      text: messageOf(error),
      mend: `ssh ${ssh} true`,
    }
    return { name, facts: null, problems: [problem] }
  } finally {
    await link.leave()
  }
}

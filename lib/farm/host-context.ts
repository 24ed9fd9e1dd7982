/** What all hosts have in common before there is a plan. */
import { hostname, machine } from 'node:os'
import type { FarmConfig } from '../core/config.ts'
import { clientId } from '../edge/client.ts'
import { agentSource } from '../edge/host/agent.ts'
import type { HostContext } from '../edge/host/job.ts'

/** An hour: long enough for someone who finds the broken run and starts it again. */
const LINGER = 3600

/** `run`: the run's name on the hosts. `runtime`: a private directory here, with a short path. */
export async function hostContext(run: string, config: FarmConfig, runtime: string): Promise<HostContext> {
  return {
    run,
    client: await clientId(),
    hostname: hostname(),
    machine: machine(),
    connectTimeout: config.connectTimeout,
    stuckAfter: config.stuckAfter,
    largestPackage: config.largestPackage,
    runtime,
    source: await agentSource(),
    linger: LINGER,
  }
}

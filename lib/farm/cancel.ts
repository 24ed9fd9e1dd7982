/** Ends what runs of this client are at work on: those that go on, and what broken ones left on hosts. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FarmConfig, HostConfig } from '../core/config.ts'
import { messageOf } from '../core/error.ts'
import { STATE_DIRECTORY } from '../edge/client.ts'
import { goesOn, livingRuns } from '../edge/earlier-runs.ts'
import type { HostContext } from '../edge/host/job.ts'
import { HostLink } from '../edge/host/link.ts'
import { makeRuntime, removeRuntime } from '../edge/runtime.ts'
import { Layout } from '../edge/shared/layout.ts'
import { Plans } from '../edge/shared/plans.ts'
import { hostContext } from './host-context.ts'
import { plansOf } from './store/publish.ts'

/** Seconds that a run has to end everything and leave its hosts. */
const ENDING = 15

export interface Cancelled {
  /** The runs whose process was told to end. */
  here: string[]
  /** What each host had left then, in the order of farm.yaml. */
  hosts: ({ name: string } & ({ ended: string[] } | { reason: string }))[]
}

/** `state`: where the farm keeps what it remembers. */
export async function cancelRuns(config: FarmConfig, state = STATE_DIRECTORY): Promise<Cancelled> {
  const living = livingRuns(state)
  for (const { pid } of living) process.kill(pid, 'SIGTERM')
  for (let waited = 0; waited < ENDING && livingRuns(state).length > 0; waited++) await sleep(1000)
  const runtime = await makeRuntime()
  try {
    const context = await hostContext(`cancel-${randomBytes(3).toString('hex')}`, config, runtime)
    const hosts = config.hosts.map(async (host, index) => ({
      name: host.name,
      ...(await endAll(host, context, String(index), state).catch((error: unknown) => ({ reason: messageOf(error) }))),
    }))
    const store = config.store ? [endPlans(config.store.path, context.client, state)] : []
    return { here: living.map(each => each.run), hosts: await Promise.all([...hosts, ...store]) }
  } finally {
    await removeRuntime(runtime)
  }
}

/** Ends the plans that runs of this client left in a store. */
async function endPlans(path: string, client: string, state: string): Promise<Cancelled['hosts'][number]> {
  try {
    const plans = new Plans(await Layout.open(path))
    const left = await plansOf(plans, client, state)
    await Promise.all(left.map(async each => plans.end(each.run)))
    return { name: path, ended: left.map(each => each.run) }
  } catch (error) {
    return { name: path, reason: messageOf(error) }
  }
}

/** Ends all runs of this client on a host, and returns their names. One of which nothing is known here may be another's. */
async function endAll(
  config: HostConfig,
  context: HostContext,
  name: string,
  state: string,
): Promise<{ ended: string[] }> {
  const link = new HostLink(config, context, name)
  try {
    await link.connect()
    const { others: there } = await link.join()
    const others = there.filter(run => goesOn(state, run) !== null)
    await Promise.all(
      others.map(async (run, index) => {
        const other = new HostLink(config, { ...context, run }, `${name}-${index}`)
        await other.find()
        await other.leave()
      }),
    )
    return { ended: others }
  } finally {
    await link.leave()
  }
}

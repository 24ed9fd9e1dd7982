/** Removes what the farm keeps and nobody has used for long: here, on each host, in the store. */
import { randomBytes } from 'node:crypto'
import type { FarmConfig, HostConfig } from '../core/config.ts'
import { messageOf } from '../core/error.ts'
import type { Keep, Removed } from '../core/keep.ts'
import { STATE_DIRECTORY } from '../edge/client.ts'
import { removedOf } from '../edge/host/answers.ts'
import type { HostContext } from '../edge/host/job.ts'
import { HostLink } from '../edge/host/link.ts'
import { makeRuntime, removeRuntime } from '../edge/runtime.ts'
import { Layout } from '../edge/shared/layout.ts'
import { Plans } from '../edge/shared/plans.ts'
import { tidyUnfinished } from '../edge/shared/tidy.ts'
import { cleanStore } from '../edge/shared/unused.ts'
import { cleanHere } from '../edge/unused-here.ts'
import { hostContext } from './host-context.ts'
import { wantedBy } from './store/wanted.ts'

/** A place that was cleaned, and what went; or why it could not be. */
export type Cleaned = { place: string } & ({ removed: Removed[] } | { reason: string })

/** This system first, then hosts in the order of farm.yaml. With `pretend` nothing is removed. */
export async function cleanFarm(config: FarmConfig, pretend: boolean, state = STATE_DIRECTORY): Promise<Cleaned[]> {
  const runtime = await makeRuntime()
  try {
    const context = await hostContext(`clean-${randomBytes(3).toString('hex')}`, config, runtime)
    const cleaning = [
      at('this machine', async () => cleanHere(state, config.keep, pretend)),
      ...config.hosts.map(async (host, index) =>
        at(host.name, async () => cleanHost(host, context, String(index), config.keep, pretend)),
      ),
      ...(config.store ? [cleanShared(config.store.path, config.keep, pretend)] : []),
    ]
    return await Promise.all(cleaning)
  } finally {
    await removeRuntime(runtime)
  }
}

async function at(place: string, clean: () => Promise<Removed[]>): Promise<Cleaned> {
  try {
    return { place, removed: await clean() }
  } catch (error) {
    return { place, reason: messageOf(error) }
  }
}

async function cleanHost(
  config: HostConfig,
  context: HostContext,
  name: string,
  { days, bytes }: Keep,
  pretend: boolean,
): Promise<Removed[]> {
  const link = new HostLink(config, context, name)
  try {
    await link.connect()
    await link.join()
    return removedOf(await link.ask('clean', { days, bytes, pretend })).removed
  } finally {
    await link.leave()
  }
}

async function cleanShared(path: string, keep: Keep, pretend: boolean): Promise<Cleaned> {
  return at(path, async () => {
    const layout = await Layout.open(path)
    const plans = new Plans(layout)
    const now = await layout.now()
    if (!pretend) {
      await plans.sweep(now)
      await tidyUnfinished(layout, now)
    }
    return cleanStore(layout, await wantedBy(plans), keep, pretend, now)
  })
}

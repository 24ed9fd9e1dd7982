/** One way of test/hostile/agent.py against the real library: `node way.js NAME`, a process of its own. Prints a line of JSON. */
import { messageOf } from '../../lib/core/error.ts'
import { BuildHost } from '../../lib/edge/host/build-host.ts'
import type { BuildResult } from '../../lib/edge/host/job.ts'
import { digestOf } from '../../lib/edge/store.ts'
import { hostConfig } from '../edge/host/support.ts'
import { at, attacker, build, committed, report } from './client.ts'

const [name = ''] = process.argv.slice(2)
const context = {
  ...{ run: 'r', client: 'c', hostname: 'here', machine: 'x86_64', runtime: at('run'), source: attacker(name) },
  ...{ connectTimeout: 15, stuckAfter: 2, patience: 5, longestJob: 30, largestPackage: 2 ** 30, linger: 5 },
}

let events = 0
const told = { started: () => events++, building: () => events++, phase: () => events++ }

async function attacked(): Promise<string> {
  const config = hostConfig({ ssh: null, dir: at('host'), root: { provider: 'path', path: '/nonexistent' } })
  const host = new BuildHost(config, context, 0, { silent: () => events++, back: () => events++ })
  try {
    await host.connect()
    await host.join()
    host.begin(build)
    const target = build.plan.byId.get('a')
    if (!target) throw new Error('there is no plan')
    return await endOf(await host.build(target, committed, 1, told, new AbortController().signal))
  } catch (error) {
    return `host: ${messageOf(error)}`
  } finally {
    await host.detach()
  }
}

/** As lib/farm/client.ts compares it first. */
async function endOf(result: BuildResult): Promise<string> {
  if (!result.ok) return `${result.fault}: ${result.reason}`
  const { path, size, sha256, configured } = result.arrived
  const names = Object.keys(configured ?? { CFLAGS: '' }).join()
  if (names !== 'CFLAGS') return `built with ${names}`
  const found = await digestOf(path)
  return found.size === size && found.sha256 === sha256 ? 'built' : `mismatch: checksum: other bytes`
}

await report(attacked, () => events)

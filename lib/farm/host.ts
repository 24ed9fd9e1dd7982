/** A host of the farm, brought up the way farm.yaml says. */
import PQueue from 'p-queue'
import type { Happening } from '../core/event.ts'
import type { HostConfig } from '../core/config.ts'
import { BuildHost } from '../edge/host/build-host.ts'
import type { RunContext } from '../edge/host/job.ts'
import type { FarmHost } from './parts.ts'

/** Progress of a copy is told at most this often, in milliseconds. */
const PROGRESS_EVERY = 1000

export function farmHost(config: HostConfig, context: RunContext, index: number): FarmHost {
  const host = new BuildHost(config, context, index)
  const { name } = config
  return {
    name,
    jobs: config.jobs,
    queue: new PQueue({ concurrency: config.jobs }),
    lost: host.lost,
    bringUp: async (report, signal) => {
      report({ type: 'host-connecting', host: name })
      const { hostname, cores, memory } = await host.join()
      report({ type: 'host-joined', host: name, hostname, cores, memory })
      if (config.root.provider === 'path') host.useRoot(config.root.path)
      else await mirror(host, report, signal)
    },
    build: async (target, committed, report, signal) => {
      const about = { package: target.id, host: name }
      return host.build(
        target,
        committed,
        {
          started: (root, installs) => {
            report({ type: 'root-chosen', ...about, root, installs })
          },
          building: () => {
            report({ type: 'build-started', ...about })
          },
          phase: phase => {
            report({ type: 'phase', ...about, phase })
          },
        },
        signal,
      )
    },
    leave: async () => host.leave(),
  }
}

async function mirror(host: BuildHost, report: (happening: Happening) => void, signal: AbortSignal): Promise<void> {
  const { name } = host.config
  const generation = await host.openMirror()
  report({ type: 'mirror-started', host: name, generation: generation.path, first: generation.first })
  const began = Date.now()
  let told = began
  const onProgress = (bytes: number, percent: number): void => {
    if (Date.now() - told < PROGRESS_EVERY) return
    told = Date.now()
    report({ type: 'mirror-progress', host: name, bytes, percent })
  }
  const { bytes, size } = await host.copyRoot(generation, onProgress, signal)
  report({ type: 'mirror-finished', host: name, bytes, size, seconds: (Date.now() - began) / 1000 })
}

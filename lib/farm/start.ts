/** Puts the parts of a run together. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import type { FarmConfig } from '../core/config.ts'
import type { FarmEvent } from '../core/event.ts'
import { observationOf } from '../core/history/observe.ts'
import type { FarmMessage } from '../core/message.ts'
import { mirrorRules } from '../core/mirror-rules.ts'
import { makePlan } from '../core/plan.ts'
import type { PlanRequest } from '../core/request.ts'
import type { RunState } from '../core/run-state.ts'
import { clientId, foreignMounts, STATE_DIRECTORY } from '../edge/client.ts'
import { History } from '../edge/history.ts'
import { agentSource } from '../edge/host/agent.ts'
import type { RunContext } from '../edge/host/job.ts'
import { Inspector } from '../edge/inspector.ts'
import { projectVersion } from '../edge/project.ts'
import { RunLog } from '../edge/run-log.ts'
import { Store, storeDirectory } from '../edge/store.ts'
import { farmClient, timestamp } from './client.ts'
import { farmHost } from './host.ts'
import { FarmRun } from './run.ts'

export interface StartOptions {
  config: FarmConfig
  request: PlanRequest
  send: (message: FarmMessage) => void
  hasEmerge: boolean
  onEvent: (event: FarmEvent, state: RunState) => void
  /** Where the farm keeps what it remembers. Default `/var/lib/portage-farm`. */
  state?: string
}

export interface StartedRun {
  run: FarmRun
  /** The run's directory, with its plan, its event log and the logs of failed builds. */
  directory: string
  /** Removes what only the run needed. */
  finish: () => Promise<void>
}

export async function startRun(options: StartOptions): Promise<StartedRun> {
  const { config, request, send, hasEmerge } = options
  const name = `${timestamp(new Date())}-${randomBytes(3).toString('hex')}`
  const state = options.state ?? STATE_DIRECTORY
  const log = new RunLog(state, name)
  const history = new History(join(state, 'history.jsonl'))
  let remembering = Promise.resolve()
  // A control socket's path must be short (sun_path has 108 bytes), and its directory private.
  const runtime = await mkdtemp(join(tmpdir(), 'pf-'))
  const store = await Store.open(request.settings.PKGDIR, name)
  const inspector = new Inspector(request.python)
  const plan = makePlan(request)
  const context: RunContext = {
    run: name,
    client: await clientId(),
    hostname: hostname(),
    connectTimeout: config.connectTimeout,
    runtime,
    logs: join(log.directory, 'logs'),
    source: await agentSource(),
    request,
    plan,
    store,
  }
  await writeFile(join(log.directory, 'plan.json'), JSON.stringify(request))
  await writeFile(join(runtime, 'mirror.rules'), (await rulesFor(config, request)).map(rule => rule + '\n').join(''))
  const run = new FarmRun({
    run: name,
    version: projectVersion(),
    portage: request.portage,
    plan,
    keepGoing: request.keepGoing,
    hosts: config.hosts.map((host, index) => farmHost(host, context, index)),
    client: farmClient(request.settings, store, inspector),
    send,
    hasEmerge,
    onEvent: (event, state) => {
      log.append(event)
      const observation = observationOf(event, plan)
      // That it could not be remembered is no reason to fail.
      if (observation) remembering = remembering.then(async () => history.add(observation)).catch(() => undefined)
      options.onEvent(event, state)
    },
  })
  return {
    run,
    directory: log.directory,
    finish: async () => {
      log.close()
      await remembering
      await Promise.all([inspector.close(), rm(runtime, { recursive: true, force: true })])
      if (hasEmerge) await store.remove()
    },
  }
}

async function rulesFor(config: FarmConfig, request: PlanRequest): Promise<string[]> {
  const { PKGDIR, DISTDIR, PORTAGE_TMPDIR, PORTAGE_LOGDIR } = request.settings
  return mirrorRules({
    repositories: request.repositories.map(each => each.location),
    excluded: [PKGDIR, DISTDIR, PORTAGE_TMPDIR, PORTAGE_LOGDIR, storeDirectory(PKGDIR)].filter(path => path !== ''),
    foreignMounts: await foreignMounts(),
    patterns: config.exclude,
  })
}

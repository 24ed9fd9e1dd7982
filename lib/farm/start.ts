/** Puts the parts of a run together. */
import { join } from 'node:path'
import type { FarmEvent } from '../core/event.ts'
import { Experience } from '../core/history/estimate.ts'
import { observationOf } from '../core/history/observe.ts'
import { describeProblems } from '../core/host-facts.ts'
import type { FarmMessage } from '../core/message.ts'
import { makePlan } from '../core/plan.ts'
import type { PlanRequest } from '../core/request.ts'
import type { RunState } from '../core/run/run-state.ts'
import { goesOn } from '../edge/earlier-runs.ts'
import { Inspector } from '../edge/inspector.ts'
import { projectVersion } from '../edge/project.ts'
import { RunLog } from '../edge/run-log.ts'
import { Store } from '../edge/store.ts'
import { cleanHere } from '../edge/unused-here.ts'
import { farmClient } from './client.ts'
import { Earlier } from './earlier.ts'
import type { Preparation } from './prepare.ts'
import type { RunParts } from './parts.ts'
import { FarmRun } from './run.ts'
import { withStaying } from './staying.ts'
import { noPlayer, originatorOf } from './store/start.ts'

export interface StartOptions {
  /** The hosts, which may be on their way up already. */
  preparation: Preparation
  request: PlanRequest
  send: (message: FarmMessage) => void
  hasEmerge: boolean
  /** See RunParts. */
  player?: RunParts['player']
  onEvent: (event: FarmEvent, state: RunState) => void
}

export interface StartedRun {
  run: FarmRun
  /** The run's directory, with its plan, its event log and the logs of failed builds. */
  directory: string
  /** Removes what only the run needed. */
  finish: () => Promise<void>
}

export async function startRun(options: StartOptions): Promise<StartedRun> {
  const { preparation, send, hasEmerge } = options
  const { run: name, state, history } = preparation
  const warn = (text: string): void => {
    send({ type: 'say', level: 'warn', text })
  }
  const own = await preparation.ownProblems()
  if (own.length > 0) warn(describeProblems(own))
  const log = new RunLog(state, name, reason => {
    warn(`what happens in this run cannot be noted any more, so that a later one cannot go on from it: ${reason}`)
  })
  let remembering = Promise.resolve()
  const store = await Store.open(options.request.settings.PKGDIR, name, run => goesOn(state, run) === true)
  const inspector = new Inspector(options.request.python)
  const rules = await preparation.rules(options.request, makePlan(options.request, preparation.policy))
  const request = await withStaying(options.request, rules)
  const plan = makePlan(request, preparation.policy)
  const observations = await preparation.remembered
  const earlier = await Earlier.look(state, name, request, plan, rules)
  const distfiles = request.settings.DISTDIR
  preparation.plan({ request, plan, store, distfiles, logs: join(log.directory, 'logs') }, rules, run =>
    earlier.wanted(run),
  )
  if (earlier.damage !== null) warn(`not all is known of what could be gone on with; ${earlier.damage}`)
  await earlier.leave(log.directory)
  const workers = originatorOf(preparation, {
    ...{ request, plan, rules, observations, reusable: earlier.reusable, warn, inspector },
    incoming: each => store.incoming(each),
    logs: join(log.directory, 'logs'),
  })
  const run = new FarmRun({
    run: name,
    version: projectVersion(),
    portage: request.portage,
    plan,
    keepGoing: request.keepGoing,
    reusable: earlier.reusable,
    hosts: preparation.hosts,
    workers,
    experience: new Experience(observations),
    // The workers of a store decide by themselves.
    player: workers ? noPlayer : options.player,
    client: farmClient(request, store, inspector, preparation.largestPackage),
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
      await Promise.all([inspector.close(), preparation.remove()])
      // What earlier ones left. That it cannot be removed is no reason to fail.
      await cleanHere(state, preparation.shared.keep, false).catch(() => undefined)
      if (!hasEmerge) return
      if (run.isDone) await earlier.forget(request.settings.PKGDIR)
      if (run.isDone || !run.hasUnused) await store.remove()
    },
  }
}

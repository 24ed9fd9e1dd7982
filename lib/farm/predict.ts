/** Predicts runs: with the hosts of farm.yaml, and with others. */
import { availableParallelism } from 'node:os'
import type { FarmConfig } from '../core/config.ts'
import { Experience } from '../core/history/estimate.ts'
import { HOME } from '../core/history/observation.ts'
import { makePlan, type Plan } from '../core/plan.ts'
import type { PlanRequest } from '../core/request.ts'
import { predict, type Prediction } from '../core/run/predict.ts'
import { hostOf } from '../core/run/tasks.ts'
import type { HostSpec } from '../core/schedule/model.ts'
import { History, remember } from '../edge/history.ts'
import { lastSeen } from '../edge/run-log.ts'
import { allowed } from './mirror-places.ts'
import { withStaying } from './staying.ts'

/** A host that is not in farm.yaml, or is to be other than it is there. What is not said is as remembered. */
export interface SupposedHost {
  name: string
  jobs?: number
  cores?: number
  speed?: number
}

export interface Predicted {
  plan: Plan
  /** With the hosts of farm.yaml. */
  now: Prediction
  /** With one host more, or one less; the prediction is null where no host would be left. */
  others: { words: string; prediction: Prediction | null }[]
}

export interface PredictOptions {
  config: FarmConfig
  request: PlanRequest
  /** Where the farm keeps what it remembers. */
  state: string
  /** Hosts to add, one at a time. */
  add: readonly SupposedHost[]
  /** Names of hosts to leave out, one at a time. */
  remove: readonly string[]
}

export async function predictRun({ config, request, state, add, remove }: PredictOptions): Promise<Predicted> {
  const plan = makePlan(await withStaying(request, await allowed(config, request, [])), config)
  const [observations, seen] = await Promise.all([remember(new History(state)), lastSeen(state)])
  const experience = new Experience(observations)
  const specOf = ({ name, jobs, cores, speed }: SupposedHost): HostSpec => {
    const known = seen.get(name)
    const slots = jobs ?? known?.jobs ?? 1
    // Another machine under the name of a known one has other memory as well.
    const has = cores === undefined ? (known ?? null) : null
    const spec = hostOf(name, slots, experience, has)
    return { ...spec, cores: cores ?? known?.cores ?? slots, ...(speed === undefined ? {} : { speed }) }
  }
  // Who works at a store is known only from runs.
  const names: SupposedHost[] = config.store
    ? [...seen.keys()].map(name => ({ name }))
    : config.hosts.map(({ name, jobs }) => ({ name, jobs }))
  const hosts = names.map(specOf)
  const here = specOf({ name: HOME, jobs: 1, cores: availableParallelism() })
  const predictWith = (those: readonly HostSpec[]): Prediction | null =>
    those.length === 0 ? null : predict(plan, experience, those, here)
  return {
    plan,
    now: predict(plan, experience, hosts, here),
    others: [
      ...add.map(host => ({
        words: `with ${host.name}`,
        prediction: predictWith([...hosts.filter(each => each.name !== host.name), specOf(host)]),
      })),
      ...remove.map(name => ({
        words: `without ${name}`,
        prediction: predictWith(hosts.filter(each => each.name !== name)),
      })),
    ],
  }
}

/** The originator of a run, where farm.yaml has a store in the place of hosts. */
import type { Player } from '../../core/run/run-schedule.ts'
import type { Inspector } from '../../edge/inspector.ts'
import type { Preparation } from '../prepare.ts'
import { offers } from './offer.ts'
import { Originator, type OriginatorParts } from './originator.ts'

/** What a run knows, and its preparation does not. */
type RunKnows = Pick<
  OriginatorParts,
  'request' | 'plan' | 'rules' | 'observations' | 'reusable' | 'warn' | 'incoming' | 'logs'
> & { inspector: Inspector }

/** Null: there is no store. */
export function originatorOf(preparation: Preparation, { inspector, ...known }: RunKnows): Originator | null {
  const { store, storeRoot, run, state, policy, patience, shared } = preparation
  if (!store || !storeRoot) return null
  const { context, needs, variables, keep } = shared
  const offer = offers(inspector, known.warn)
  return new Originator({
    ...known,
    store,
    root: storeRoot,
    run,
    state,
    policy,
    patience,
    context,
    needs,
    variables,
    keep,
    offer,
  })
}

/** Decides nothing: workers do. */
export function noPlayer(): Player {
  return { apply: () => undefined, decide: () => ({ starts: [], cancels: [], wake: null }) }
}

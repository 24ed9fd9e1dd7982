/** Those who share a store, as programs that the explorer lets go on step by step. What they know, the real Ledger knows. */
import { mayClaim } from '../../../lib/core/store/build.ts'
import { Ledger, type ReadRecord, type Registers } from '../../../lib/core/store/ledger.ts'
import { recordName, type Verdict } from '../../../lib/core/store/record.ts'
import type { Option, Program, World } from './process.ts'
import { built, claimOf, failed, KEYS, readRecord } from './support.ts'

export interface Cast {
  /** So many builds, each of which needs the one before it. */
  keys: number
  makeLedger?: (registers: Registers, parse: ReadRecord) => Ledger
  /** The originator builds nothing itself, whatever workers fail. */
  isIdle?: boolean
  /** What has failed may be cleared: workers wait for that. */
  isCleared?: boolean
}

const LOOK: Option = { name: 'look' }

/**
 * Looks, and does one of the things that may be done: claims and builds, takes a claim from whoever holds it, or looks again.
 * It may hold a claim of an earlier life of its own, which is like anybody else's.
 */
export function worker(name: string, cast: Cast): Program {
  return async world => {
    const { ledger, keys, supersedable, supersede } = begin(world, name, cast)
    for (;;) {
      await ledger.look(key => keys.includes(key))
      if (isOver(ledger, keys, cast)) return
      const claimable: Option[] = []
      for (const key of keys) {
        const state = ledger.state(key)
        if (mayClaim(state, name) !== null) claimable.push({ name: `claim ${key}` })
        if (state.state !== 'committed') break
        world.note({ is: 'saw committed', key, attempt: state.attempt.number })
      }
      const act = await world.choose([...claimable, ...supersedable(), LOOK])
      const [verb, key = ''] = act.split(/ (?=\S*$)/)
      if (verb?.startsWith('supersede')) await supersede(act)
      if (!verb?.startsWith('claim')) continue
      const attempt = await ledger.claim(key, claimOf(name))
      if (attempt === null) continue
      world.note({ is: 'claimed', key, attempt, by: name })
      const outcome = await world.choose(
        [{ name: 'built' }, { name: 'package', cost: 'failure' }, { name: 'host', cost: 'failure' }],
        'fate',
      )
      const end = outcome === 'built' ? built(name) : failed(name, outcome === 'package' ? 'package' : 'host')
      const isTaken = await ledger.end(key, attempt, end)
      world.note({ is: isTaken ? 'ended' : 'end refused', key, attempt, by: name })
    }
  }
}

/** Looks, and judges what was built, builds what workers could not, takes a claim away, or looks again. */
export function originator(name: string, cast: Cast): Program {
  return async world => {
    const { ledger, keys, supersedable, supersede } = begin(world, name, cast)
    const buildHere = async (key: string): Promise<void> => {
      const attempt = await ledger.claim(key, claimOf(name))
      if (attempt === null) return
      world.note({ is: 'claimed', key, attempt, by: name })
      const isTaken = await ledger.end(key, attempt, built(name))
      world.note({ is: isTaken ? 'ended' : 'end refused', key, attempt, by: name })
    }
    for (;;) {
      await ledger.look(key => keys.includes(key))
      if (isOver(ledger, keys, cast)) return
      const judgeable: Option[] = keys
        .filter(key => ledger.state(key).state === 'built')
        .map(key => ({ name: `judge ${key} ${ledger.attempts(key).length}` }))
      // What workers could not do it builds itself.
      const next = keys.find(key => ledger.state(key).state !== 'committed') ?? ''
      const state = ledger.state(next)
      const isLeft = !cast.isIdle && state.state === 'open' && state.failures.length > 0
      const home: Option[] = isLeft && mayClaim(state, name) !== null ? [{ name: `home ${next}` }] : []
      const act = await world.choose([...judgeable, ...home, ...supersedable(), LOOK])
      if (act.startsWith('supersede')) await supersede(act)
      if (act.startsWith('home')) await buildHere(next)
      const [, key = ''] = act.split(' ')
      const found = ledger.state(key)
      if (!act.startsWith('judge') || found.state !== 'built') continue
      const outcome = await world.choose([{ name: 'committed' }, { name: 'refused', cost: 'refusal' }], 'fate')
      const verdict: Verdict =
        outcome === 'committed' ? { outcome, by: name } : { outcome: 'refused', by: name, reason: 'not as planned' }
      const isTaken = await ledger.judge(key, found.attempt.number, verdict)
      world.note({ is: isTaken ? 'judged' : 'judged before', key, attempt: found.attempt.number, by: outcome })
    }
  }
}

/** Somebody who has a build tried again, as often as the explorer lets it. */
export function operator(name: string, cast: Cast): Program {
  return async world => {
    const { ledger, keys } = begin(world, name, cast)
    for (;;) {
      await ledger.look(key => keys.includes(key))
      const clearable = keys.filter(key => ['open', 'failed'].includes(ledger.state(key).state))
      const act = await world.choose([
        LOOK,
        ...clearable.map(key => ({ name: `clear ${key}`, cost: 'clear' as const })),
      ])
      const [verb, key = ''] = act.split(' ')
      if (verb !== 'clear') continue
      const isCleared = await ledger.clear(key, name)
      world.note({ is: isCleared ? 'cleared' : 'not cleared', key, attempt: 0, by: name })
    }
  }
}

function begin(world: World, name: string, { keys: many, makeLedger }: Cast) {
  const keys = KEYS.slice(0, many)
  const ledger = makeLedger?.(world.registers, readRecord) ?? new Ledger(world.registers, readRecord)
  world.knows(() => keys.map(key => ledger.attempts(key)))
  const supersedable = (): Option[] =>
    keys.flatMap(key => {
      const state = ledger.state(key)
      if (state.state !== 'held') return []
      return [{ name: `supersede ${recordName(key, state.attempt.number, 'end')}`, cost: 'expiry' as const }]
    })
  const supersede = async (act: string) => {
    const [key = '', attempt] = act.replace('supersede ', '').split('.')
    // Who did it makes no difference to anybody: left out of the record, it makes no states that differ by it alone.
    const isTaken = await ledger.supersede(key, Number(attempt), '', 'silent')
    world.note({ is: isTaken ? 'superseded' : 'not superseded', key, attempt: Number(attempt), by: name })
  }
  return { ledger, keys, supersedable, supersede }
}

/** Nothing is left to do: each build is committed, or one failed and those that need it are not to be had. */
function isOver(ledger: Ledger, keys: readonly string[], { isCleared }: Cast): boolean {
  const first = keys.map(key => ledger.state(key).state).find(state => state !== 'committed')
  return first === undefined || (first === 'failed' && !isCleared)
}

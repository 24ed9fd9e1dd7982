/** Who works at a store: each worker gives a sign of life there, also while there is nothing to do. */
import { readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { leaseOf } from '../../core/store/leases.ts'
import type { Layout } from './layout.ts'
import { readSign, saidIn, Sign } from './signs.ts'

export interface Presence {
  jobs: number
  /** Seconds of silence after which others take it for dead. */
  lease: number
  /** Of portage-farm. */
  version: string
}

/** How many signs of life are given in the time of a lease. */
export const SIGNS = 6

/** A name that somebody else has. */
export class NameTaken extends Error {}

/** Takes a name among the workers of a store. Throws a NameTaken if a worker that lives has it. */
export async function takeName(layout: Layout, name: string, presence: Presence): Promise<Sign<Presence>> {
  const path = layout.in('workers', name)
  const before = await readSign(path)
  if (before !== '' && (await changes(path, before))) {
    throw new NameTaken(`a worker named ${name} is at work at ${layout.path} already; give this one another: --name`)
  }
  const sign = new Sign(path, presence.lease / SIGNS, presence)
  await sign.say(presence)
  return sign
}

/** The workers of a store, and whether they live, which takes some seconds to see. */
export async function workersAt(
  layout: Layout,
): Promise<{ name: string; presence: Partial<Presence>; lives: boolean }[]> {
  const names = (await readdir(layout.in('workers'))).sort()
  return Promise.all(
    names.map(async name => {
      const path = layout.in('workers', name)
      const sign = await readSign(path)
      return { name, presence: saidIn<Presence>(sign) ?? {}, lives: await changes(path, sign) }
    }),
  )
}

/** Whether a sign changes in the time in which its owner would change it twice. */
async function changes(path: string, before: string): Promise<boolean> {
  const longest = (2 * (leaseOf(saidIn<Presence>(before)?.lease) ?? 0)) / SIGNS
  for (let waited = 0; waited <= longest; waited += 0.25) {
    await sleep(250)
    if ((await readSign(path)) !== before) return true
  }
  return false
}

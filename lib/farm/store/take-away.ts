/** Takes builds away from workers that are taken for dead: the one thing that originators and workers do alike. */
import { rm } from 'node:fs/promises'
import type { Attempt } from '../../core/store/build.ts'
import type { Leases } from '../../core/store/leases.ts'
import type { Ledger } from '../../core/store/ledger.ts'
import type { Layout } from '../../edge/shared/layout.ts'
import { readSign } from '../../edge/shared/signs.ts'

export interface Held {
  key: string
  attempt: Attempt
}

/**
 * Looks at who holds a build. Returns the sign of life, and why the build was taken away; null: it was not.
 *
 * @param now on a clock that cannot be set, in seconds
 */
export async function takeIfSilent(
  { layout, ledger, leases }: { layout: Layout; ledger: Ledger; leases: Leases },
  { key, attempt: { number, claim } }: Held,
  by: string,
  now: number,
): Promise<{ sign: string; taken: string | null }> {
  const name = `${key}.${number}`
  const path = layout.in('signs', name)
  const sign = await readSign(path)
  if (leases.silence(name, sign, now) <= claim.lease) return { sign, taken: null }
  const reason = `its worker gave no sign of life for ${claim.lease} s`
  if (!(await ledger.supersede(key, number, by, reason))) return { sign, taken: null }
  leases.forget(name)
  // One who was merely asleep gives another sign, and removes that when it finds that the build is not its own any more.
  await rm(path, { force: true })
  return { sign, taken: reason }
}

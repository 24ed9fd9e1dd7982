/** How long, and how much, is kept of what nobody needs for certain: copies, sources, results, logs. */
export interface Keep {
  /** Days after its last use. */
  days: number
  /** Bytes, of what can be had again, in one place; what was not used for longest goes first. */
  bytes: number
}

const GIB = 2 ** 30

/** That of a farm.yaml that says nothing of it. */
export const DEFAULT_KEEP: Keep = { days: 60, bytes: 20 * GIB }

/** `gib`: as farm.yaml has it. */
export function keepOf(days: number | undefined, gib: number | undefined): Keep {
  return { days: days ?? DEFAULT_KEEP.days, bytes: gib === undefined ? DEFAULT_KEEP.bytes : gib * GIB }
}

/** Something that went, or would. */
export interface Removed {
  /** Its path in the place that was cleaned. */
  name: string
  bytes: number
  /** Since it was last used. */
  days: number
}

/** One line of the bench's table. */

export interface Row {
  case: string
  /** What was measured; mostly a makespan over its lower bound. */
  figure: number
  /** The figure must not be greater; null: it is there to be compared with. */
  aim: number | null
  /**
   * `yes`: the figure is within the aim. `unreachable`: it is not, and a better lower bound proves that no schedule is.
   * `open`: it is not, and the best bound known leaves open whether any is. `no`: it is not, nothing excuses it.
   */
  holds: 'yes' | 'unreachable' | 'open' | 'no' | null
  /** The figure over the best bound that is known, where that is better than the plain one. */
  overBestBound?: number
  /** What else there is to say. */
  note?: string
}

const TOLERANCE = 1e-9

export function row(name: string, figure: number, aim: number | null, note = ''): Row {
  const holds = aim === null ? null : figure <= aim + TOLERANCE ? 'yes' : 'no'
  return { case: name, figure, aim, holds, ...(note === '' ? {} : { note }) }
}

/** A schedule's makespan over the plain bound, and over a better one. */
export interface Measured {
  graph: string
  plain: number
  best: number
}

/** The worst of several schedules, and whether each that misses the aim had to. */
export function worstRow(name: string, all: readonly Measured[], aim: number): Row {
  const worst = all.reduce((a, b) => (b.plain > a.plain ? b : a))
  const missed = all.filter(each => each.plain > aim + TOLERANCE)
  // The better bound over the plain one is itself more than the aim: nobody can be within it.
  const open = missed.filter(each => each.plain / each.best <= aim)
  const farthest = Math.max(...all.map(each => each.best))
  const holds = missed.length === 0 ? 'yes' : open.length === 0 ? 'unreachable' : 'open'
  const notes = all.length > 1 ? [`worst: ${worst.graph}`] : []
  if (missed.length > 0)
    notes.push(`${missed.length} of ${all.length} miss the aim, ${missed.length - open.length} proved to have to`)
  return {
    case: name,
    figure: worst.plain,
    aim,
    holds,
    overBestBound: farthest,
    ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
  }
}

const WORDS = { yes: 'yes', unreachable: 'proved out of reach', open: 'not reached, not disproved', no: 'NO' }

export function header(): string {
  return `${'case'.padEnd(58)} ${'figure'.padStart(8)} ${'aim'.padStart(6)} ${'best bound'.padStart(10)}  holds`
}

export function line({ case: name, figure, aim, holds, overBestBound, note }: Row): string {
  const best = overBestBound === undefined ? '' : overBestBound.toFixed(3)
  const text = `${name.padEnd(58)} ${figure.toFixed(3).padStart(8)} ${(aim?.toFixed(3) ?? '').padStart(6)} ${best.padStart(10)}`
  return `${text}  ${holds ? WORDS[holds] : '-'}${note === undefined ? '' : ` (${note})`}`
}

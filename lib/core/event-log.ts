/** The text of an event log: one event a line, numbered from 0. */
import { whyNoEvent } from './event-fields.ts'
import type { FarmEvent } from './event.ts'

export interface ParsedLog {
  events: FarmEvent[]
  /** What is not among them, in words: each line that is no event, each gap in the numbers. */
  dropped: string[]
}

/**
 * Reads what there is: a crash cuts the last line, a file system that lost power may leave anything in the last ones, and
 * a run that goes on is in the middle of one.
 */
export function parseEvents(text: string): ParsedLog {
  const events: FarmEvent[] = []
  const dropped: string[] = []
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  for (const [index, line] of lines.entries()) {
    const event = eventOf(line)
    if (typeof event === 'string') {
      dropped.push(`line ${index + 1} ${event}`)
      continue
    }
    const expected = (events.at(-1)?.seq ?? -1) + 1
    if (event.seq !== expected) dropped.push(gap(expected, event.seq, index + 1))
    events.push(event)
  }
  if (rest !== '') dropped.push(`line ${lines.length + 1}, the last one, is cut after ${rest.length} characters`)
  return { events, dropped }
}

function gap(expected: number, found: number, line: number): string {
  if (found < expected) return `line ${line} has the number ${found}, where ${expected} was expected`
  return found === expected + 1 ? `event ${expected} is missing` : `events ${expected} to ${found - 1} are missing`
}

/** The event of a line, or why it is none. */
function eventOf(line: string): FarmEvent | string {
  try {
    const value = JSON.parse(line) as Partial<FarmEvent> | null
    const { type, seq, at } = value ?? {}
    if (typeof type !== 'string' || !Number.isSafeInteger(seq) || !Number.isFinite(at)) return 'is no event'
    return whyNoEvent({ ...value, type }) ?? (value as FarmEvent)
  } catch {
    return 'is no event'
  }
}

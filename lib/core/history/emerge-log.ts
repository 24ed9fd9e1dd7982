/** What /var/log/emerge.log tells of builds on this system. Portage writes it; its form is that of `emergelog()`. */
import { HOME, UNMEASURED, type Observation } from './observation.ts'

const LINE = /^(\d+): +(>>>|===|:::) (.*)$/
const STEP = /^(?:completed )?emerge \(\d+ of \d+\) (\S+) to (\S+)/
const BINARY = /^\(\d+ of \d+\) Merging Binary \((\S+?)::/

/**
 * The builds from source that came to their end, merging included. Merges of binary packages say nothing of how long it
 * takes to build, and builds that another emerge ran beside count as well as they can: their times are those of the clock.
 *
 * @param cores what MAKEOPTS gives builds here; null: nobody knows
 */
export function readEmergeLog(lines: Iterable<string>, cores: number | null = null): Observation[] {
  const began = new Map<string, number>()
  const found: Observation[] = []
  for (const line of lines) {
    const [, time = '', mark, text = ''] = LINE.exec(line) ?? []
    const cpv = (mark === '===' ? BINARY : STEP).exec(text)?.[1]
    if (cpv === undefined) continue
    if (mark === '>>>') began.set(cpv, Number(time))
    else if (mark === '===') began.delete(cpv)
    else {
      const start = began.get(cpv)
      began.delete(cpv)
      const cp = /^(.+?)-\d[^-]*(?:-r\d+)?$/.exec(cpv)?.[1]
      // The log has whole seconds: what took less than one is taken for half of it.
      if (start === undefined || cp === undefined) continue
      const seconds = Math.max(0.5, Number(time) - start)
      found.push({ cpv, cp, host: HOME, seconds, at: Number(time) * 1000, ...UNMEASURED, cores, sourceBytes: 0 })
    }
  }
  return found
}

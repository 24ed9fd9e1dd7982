import { UNMEASURED, type Observation } from '../../../lib/core/history/observation.ts'

/** A build, with what a test does not care about filled in. */
export function build(what: Partial<Observation>): Observation {
  const cpv = what.cpv ?? 'app-toy/some-1'
  return {
    cpv,
    cp: cpv.replace(/-\d.*$/, ''),
    host: 'home',
    seconds: 10,
    ...UNMEASURED,
    sourceBytes: 0,
    at: 0,
    ...what,
  }
}

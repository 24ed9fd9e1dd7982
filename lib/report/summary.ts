/** What a run came to, folded from its events. */
import type { FarmEvent } from '../core/event.ts'
import { bytes, duration } from '../core/units.ts'
import { shortName } from './names.ts'

/** One package of a run. Times in milliseconds since the epoch; null: it did not come to that. */
export interface PackageReport {
  package: string
  host: string | null
  started: number | null
  committed: number | null
  installed: number | null
  /** Its committed binary package. With an emerge it is only there until the end of the run: then PKGDIR has it. */
  path: string | null
  /** Why it is not built, if it is not. */
  failed: string | null
  log: string | null
}

/** What became of each package that a run planned, in merge list order. */
export function packageReports(events: Iterable<FarmEvent>): PackageReport[] {
  const reports = new Map<string, PackageReport>()
  const change = (id: string, what: Partial<PackageReport>): void => {
    const before = reports.get(id)
    if (before) reports.set(id, { ...before, ...what })
  }
  for (const event of events) {
    if (event.type === 'planned') {
      const nothing = {
        host: null,
        started: null,
        committed: null,
        installed: null,
        path: null,
        failed: null,
        log: null,
      }
      reports.set(event.package, { package: event.package, ...nothing })
    }
    if (event.type === 'job-started') change(event.package, { host: event.host, started: event.at })
    if (event.type === 'home-started') change(event.package, { host: 'home', started: event.at })
    if (event.type === 'committed') change(event.package, { host: event.host, committed: event.at, path: event.path })
    if (event.type === 'installed') change(event.package, { installed: event.at })
    if (event.type === 'failed') change(event.package, { failed: event.reason, log: event.log })
    if (event.type === 'install-failed') change(event.package, { failed: 'it could not be installed' })
  }
  return [...reports.values()]
}

/** The end of a run, in lines for a person. */
export function summaryLines(events: readonly FarmEvent[]): string[] {
  const reports = packageReports(events)
  const first = events[0]?.at ?? 0
  const last = events.at(-1)?.at ?? first
  const built = reports.filter(isBuilt)
  if (built.length === 0 && reports.every(each => each.failed === null)) return []
  const seconds = new Map<string, number>()
  for (const event of events) if (event.type === 'built') seconds.set(event.package, event.seconds)
  const lines = [`${built.length} of ${reports.length} packages built in ${duration((last - first) / 1000)}`]
  for (const [host, ids] of byHost(built)) {
    const work = ids.reduce((sum, id) => sum + (seconds.get(id) ?? 0), 0)
    const time = host === 'home' ? '' : ` in ${duration(work)} of building`
    lines.push(`  ${host}: ${ids.length}${time}: ${ids.map(shortName).join(', ')}`)
  }
  for (const { package: id } of built.filter(each => each.host === 'home')) {
    const hosts = events.flatMap(event => (event.type === 'attempt-failed' && event.package === id ? [event.host] : []))
    if (hosts.length > 0) lines.push(`  built here, after it failed on ${hosts.join(' and ')}: ${id}`)
  }
  const sent = events.reduce((sum, event) => sum + (event.type === 'mirror-finished' ? event.bytes : 0), 0)
  if (sent > 0) lines.push(`  sent to keep the hosts like this system: ${bytes(sent)}`)
  for (const each of reports) {
    if (each.failed !== null)
      lines.push(`  failed: ${each.package}: ${each.failed}${each.log === null ? '' : `, ${each.log}`}`)
  }
  return lines
}

/** What is built here for nobody else is never committed, only installed. */
function isBuilt({ host, committed, installed }: PackageReport): boolean {
  return host === 'home' ? committed !== null || installed !== null : committed !== null && host !== 'here'
}

function byHost(reports: readonly PackageReport[]): Map<string, string[]> {
  const hosts = new Map<string, string[]>()
  for (const { host, package: id } of reports) hosts.set(host ?? '', [...(hosts.get(host ?? '') ?? []), id])
  return hosts
}

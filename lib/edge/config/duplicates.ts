/** Finds hosts that are given twice: by name, or as the same directory of the same machine. */
import { LOCAL } from '../../core/config.ts'
import { HOME } from '../../core/history/observation.ts'
import { DEFAULT_DIR, defaultName, normalizePath } from './complete.ts'
import type { Finding } from './finding.ts'
import type { Source } from './source.ts'
import { parseSshTarget } from './ssh-target.ts'
import type { Tree } from './tree.ts'

/** What events and reports call this machine, for what it builds itself and what it has already. */
const OURS = [HOME, 'here']

interface Seen {
  start: number
  index: number
}

const asMap = (value: unknown) =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

const asText = (value: unknown) => (typeof value === 'string' ? value : null)

/** Also looks at a tree that is wrong elsewhere: whatever host has a good target is compared. */
export function findDuplicates(tree: Tree, source: Source): Finding[] {
  const { hosts, defaults, 'local-jobs': localJobs } = asMap(tree.value)
  const findings: Finding[] = []
  const names = new Map<string, Seen>()
  const places = new Map<string, Seen>()

  /** Where to point for the host: at the key, unless that is the first host's own, by way of an alias. */
  const point = (index: number, key: string, first?: Seen) => {
    const item = tree.places.get(`/hosts/${index}`)
    const own = tree.places.get(`/hosts/${index}/${key}`) ?? tree.places.get(`/hosts/${index}/ssh`) ?? item
    const place = first !== undefined && own?.start === first.start ? item : own
    return { start: place?.start ?? 0, end: place?.end ?? 0 }
  }
  const seen = (index: number, key: string): Seen => {
    const pointer = [`/hosts/${index}/${key}`, `/hosts/${index}/ssh`, `/hosts/${index}`].find(p => tree.places.has(p))
    return { start: tree.places.get(pointer ?? '')?.start ?? 0, index }
  }

  for (const [index, entry] of (Array.isArray(hosts) ? hosts : []).entries()) {
    const host = typeof entry === 'string' ? { ssh: entry } : asMap(entry)
    const ssh = asText(host['ssh'])
    const parsed = ssh === null ? null : parseSshTarget(ssh)
    const target = parsed?.ok ? parsed.target : null
    const name = asText(host['name']) ?? (target === null ? null : defaultName(target))
    const dir = normalizePath(asText(host['dir']) ?? asText(asMap(defaults)['dir']) ?? DEFAULT_DIR)
    const place = target && JSON.stringify([target.user, target.host.toLowerCase(), target.port, dir])

    const samePlace = place === null ? undefined : places.get(place)
    const sameName = name === null ? undefined : names.get(name)
    if (samePlace !== undefined) {
      findings.push({
        ...point(index, 'ssh', samePlace),
        message: `hosts[${index}] is the same host and directory as hosts[${samePlace.index}] in line ${source.lineOf(samePlace.start)}`,
        hint: 'remove one of the two (jobs: says how many packages a host builds at once), or give it another dir:',
      })
    } else if (sameName !== undefined && name !== null) {
      findings.push({
        ...point(index, 'name', sameName),
        message: `hosts[${index}] has the name ${name}, as hosts[${sameName.index}] in line ${source.lineOf(sameName.start)} has`,
        hint: `write for instance: name: ${name}-2`,
      })
    }
    if (place !== null && samePlace === undefined) places.set(place, seen(index, 'ssh'))
    if (name !== null && sameName === undefined) names.set(name, seen(index, 'name'))
  }
  const reserved = localJobs === undefined || localJobs === 0 ? OURS : [...OURS, LOCAL]
  for (const name of reserved) {
    const found = names.get(name)
    if (found === undefined) continue
    findings.push({
      ...point(found.index, 'name'),
      message: `hosts[${found.index}] has the name ${name}, which means this machine`,
      hint: `write for instance: name: ${name}-2`,
    })
  }
  return findings
}

/** A client that a host attacks: what it asks of the host, what it has that nothing of a host may reach, and what became of that. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makePlan } from '../../lib/core/plan.ts'
import { printable } from '../../lib/core/printable.ts'
import type { AgentSource } from '../../lib/edge/host/agent.ts'
import type { BuildContext } from '../../lib/edge/host/job.ts'
import type { StoredPackage } from '../../lib/edge/store.ts'
import { ebuild, edge, requestOf } from '../core/support.ts'
import { PROJECT } from '../lab/place.ts'

/** What came of it. */
export interface Attacked {
  end: string
  seconds: number
  /** The most memory that the library had, in MiB. */
  memory: number
  /** What was told of it. */
  events: number
  /** What is not as it was, or not as it may be. */
  harm: string[]
  /** What was altered by a seed. */
  tried?: string
}

const directory = mkdtempSync(join(tmpdir(), 'pf-hostile-'))
// Some of it is sent as everybody may read it.
chmodSync(directory, 0o755)

export const at = (...names: string[]): string => join(directory, ...names)

const LOG = 'app-toy:a-1:20260101-000000.log'

for (const each of ['host', 'outside', 'log', 'incoming', 'committed', 'runs', 'distfiles', 'run', 'tree'])
  mkdirSync(at(each))
writeFileSync(at('outside/secret'), 'secret')
for (const each of ['emerge.log', 'app-toy:b-1:20260101-000000.log']) writeFileSync(at('log', each), 'precious')
writeFileSync(at('committed/b'), 'b')
writeFileSync(at('distfiles/a.tar.gz'), 'abc')
writeFileSync(at('tree/file'), 'of this system')

/** Each path below a directory, with its kind, mode and content. */
function snapshot(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true }).map(entry => {
    const file = join(entry.parentPath, entry.name)
    const { mode } = lstatSync(file)
    const content = entry.isFile() ? readFileSync(file, 'latin1') : entry.isSymbolicLink() ? readlinkSync(file) : ''
    return `${file} ${mode.toString(8)} ${createHash('sha256').update(content).digest('hex').slice(0, 8)}`
  })
}

const OWN = ['outside', 'log', 'committed', 'distfiles', 'tree']
const all = (): string[] => OWN.flatMap(each => snapshot(at(each)))
const before = all()

const plain = requestOf([ebuild('b'), ebuild('a', { distfiles: [{ name: 'a.tar.gz', size: 3 }] })], [edge('a', 'b')])
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const request = {
  ...plain,
  settings: { ...plain.settings, PORTAGE_LOGDIR: at('log'), DISTDIR: at('distfiles'), portage: owner },
}
const plan = makePlan(request)

/** What is to be built: `a`, which needs `b`, which is committed. */
export const build: BuildContext = {
  ...{ request, plan, distfiles: at('distfiles'), logs: at('runs') },
  store: { committed: at('committed'), incoming: (each: string) => at('incoming', each) },
}
export const committed = new Map<string, StoredPackage>([
  ['b', { path: at('committed/b'), name: 'b', place: 'app-toy/b/b-1-1.gpkg.tar' }],
])

/** test/hostile/agent.py as an agent's source. `left`: earlier runs that it says it has. */
export function attacker(way: string, left: readonly string[] = []): AgentSource {
  const program = readFileSync(join(PROJECT, 'test/hostile/agent.py'), 'utf8')
  // JSON's strings and lists are Python's as well.
  const known = [way, at('host'), at('outside'), left].map(each => JSON.stringify(each)).join(', ')
  return { boot: `WAY, HOST, OUTSIDE, LEFT = ${known}\n${program}`, payload: Buffer.from('payload') }
}

/** What a host may leave: the log of this build, as one of Portage's own. */
export function harm(): string[] {
  const after = all()
  const own = after.find(each => each.startsWith(at('log', LOG)))
  const found = after.filter(each => !before.includes(each) && !each.startsWith(at('log', LOG)))
  if (own !== undefined && !/ 100660 \S+$/.test(own)) found.push(own)
  found.push(...before.filter(each => !after.includes(each)))
  const brought = [...readdirSync(at('incoming')), ...readdirSync(at('runs'))].filter(each => each.endsWith('.raw'))
  found.push(...brought)
  for (const each of [at('log', LOG), ...readdirSync(at('runs')).map(file => at('runs', file))]) {
    const text = lstatSync(each, { throwIfNoEntry: false })?.isFile() ? readFileSync(each, 'utf8') : ''
    // Logs may be coloured.
    const uncoloured = text.replaceAll(`${String.fromCharCode(27)}[8m`, '')
    if (!each.endsWith('.gz') && printable(uncoloured) !== uncoloured) found.push(`${each} commands terminals`)
    if (text.includes('secret')) found.push(`${each} has a file of this system`)
  }
  return found
}

/** Waits for it to come to an end, says what came of it in a line of JSON, removes all that there was, and ends the process. */
export async function report(
  attacked: () => Promise<string>,
  events: () => number,
  tried?: () => string,
): Promise<never> {
  const began = performance.now()
  const end = printable(await attacked()).slice(0, 4000)
  const seconds = (performance.now() - began) / 1000
  const memory = process.resourceUsage().maxRSS / 1024
  const found: Attacked = { end, seconds, memory, events: events(), harm: harm() }
  if (tried) found.tried = tried()
  rmSync(directory, { recursive: true })
  process.stdout.write(`${JSON.stringify(found)}\n`)
  process.exit(0)
}

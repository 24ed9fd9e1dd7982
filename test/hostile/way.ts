/** One way of test/hostile/agent.py against the real library: `node way.js NAME`, a process of its own. Prints a line of JSON. */
import { createHash } from 'node:crypto'
import {
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
import { messageOf } from '../../lib/core/error.ts'
import { makePlan } from '../../lib/core/plan.ts'
import { printable } from '../../lib/core/printable.ts'
import { BuildHost } from '../../lib/edge/host/build-host.ts'
import type { BuildResult } from '../../lib/edge/host/job.ts'
import { digestOf, type StoredPackage } from '../../lib/edge/store.ts'
import { ebuild, edge, requestOf } from '../core/support.ts'
import { hostConfig } from '../edge/host/support.ts'
import { PROJECT } from '../lab/place.ts'

/** What the parent reads. */
export interface Attacked {
  end: string
  seconds: number
  /** The most memory that the library had, in MiB. */
  memory: number
  /** What was told of it. */
  events: number
  /** What is not as it was, or not as it may be. */
  harm: string[]
}

const [name = ''] = process.argv.slice(2)
const directory = mkdtempSync(join(tmpdir(), 'pf-hostile-'))
const at = (...names: string[]): string => join(directory, ...names)
const LOG = 'app-toy:a-1:20260101-000000.log'

for (const each of ['host', 'outside', 'log', 'incoming', 'committed', 'runs', 'distfiles', 'run']) mkdirSync(at(each))
writeFileSync(at('outside/secret'), 'secret')
for (const each of ['emerge.log', 'app-toy:b-1:20260101-000000.log']) writeFileSync(at('log', each), 'precious')
writeFileSync(at('committed/b'), 'b')
writeFileSync(at('distfiles/a.tar.gz'), 'abc')

/** Each path below a directory, with its kind, mode and content. */
function snapshot(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true }).map(entry => {
    const file = join(entry.parentPath, entry.name)
    const { mode } = lstatSync(file)
    const content = entry.isFile() ? readFileSync(file, 'latin1') : entry.isSymbolicLink() ? readlinkSync(file) : ''
    return `${file} ${mode.toString(8)} ${createHash('sha256').update(content).digest('hex').slice(0, 8)}`
  })
}

const request = requestOf([ebuild('b'), ebuild('a', { distfiles: [{ name: 'a.tar.gz', size: 3 }] })], [edge('a', 'b')])
const settings = { ...request.settings, PORTAGE_LOGDIR: at('log'), DISTDIR: at('distfiles') }
const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const plan = makePlan({ ...request, settings: { ...settings, portage: owner } })
const committed = new Map<string, StoredPackage>([
  ['b', { path: at('committed/b'), name: 'b', place: 'app-toy/b/b-1-1.gpkg.tar' }],
])
const program = readFileSync(join(PROJECT, 'test/hostile/agent.py'), 'utf8')
const known = `WAY, HOST, OUTSIDE = ${[name, at('host'), at('outside')].map(each => JSON.stringify(each)).join(', ')}\n`
const source = { boot: known + program, payload: Buffer.from('payload') }
const context = {
  ...{ run: 'r', client: 'c', hostname: 'here', machine: 'x86_64', runtime: at('run'), source, linger: 5 },
  ...{ connectTimeout: 15, stuckAfter: 2, patience: 5, largestPackage: 2 ** 30 },
}

let events = 0
const told = { started: () => events++, building: () => events++, phase: () => events++ }

async function attacked(): Promise<string> {
  const config = hostConfig({ ssh: null, dir: at('host'), root: { provider: 'path', path: '/nonexistent' } })
  const host = new BuildHost(config, context, 0, { silent: () => events++, back: () => events++ })
  try {
    await host.connect()
    await host.join()
    const store = { committed: at('committed'), incoming: (each: string) => at('incoming', each) }
    host.begin({
      request: { ...request, settings: { ...settings, portage: owner } },
      plan,
      store,
      distfiles: at('distfiles'),
      logs: at('runs'),
    })
    const target = plan.byId.get('a')
    if (!target) throw new Error('there is no plan')
    return await endOf(await host.build(target, committed, 1, told, new AbortController().signal))
  } catch (error) {
    return `host: ${messageOf(error)}`
  } finally {
    await host.detach()
  }
}

/** As lib/farm/client.ts compares it first. */
async function endOf(result: BuildResult): Promise<string> {
  if (!result.ok) return `${result.fault}: ${result.reason}`
  const { path, size, sha256, configured } = result.arrived
  const names = Object.keys(configured ?? { CFLAGS: '' }).join()
  if (names !== 'CFLAGS') return `built with ${names}`
  const found = await digestOf(path)
  return found.size === size && found.sha256 === sha256 ? 'built' : `mismatch: checksum: other bytes`
}

/** What a way may leave: the log of this build, as one of Portage's own. */
function harmOf(before: string[]): string[] {
  const after = [...snapshot(at('outside')), ...snapshot(at('log'))]
  const own = after.find(each => each.startsWith(at('log', LOG)))
  const harm = after.filter(each => !before.includes(each) && !each.startsWith(at('log', LOG)))
  if (own !== undefined && !/ 100660 \S+$/.test(own)) harm.push(own)
  harm.push(...before.filter(each => !after.includes(each)))
  const brought = [...readdirSync(at('incoming')), ...readdirSync(at('runs'))].filter(each => each.endsWith('.raw'))
  harm.push(...brought)
  for (const each of [at('log', LOG), ...readdirSync(at('runs')).map(file => at('runs', file))]) {
    const text = lstatSync(each, { throwIfNoEntry: false })?.isFile() ? readFileSync(each, 'utf8') : ''
    // Logs may be coloured.
    const plain = text.replaceAll(`${String.fromCharCode(27)}[8m`, '')
    if (!each.endsWith('.gz') && printable(plain) !== plain) harm.push(`${each} commands terminals`)
    if (text.includes('secret')) harm.push(`${each} has a file of this system`)
  }
  return harm
}

const before = [...snapshot(at('outside')), ...snapshot(at('log'))]
const began = performance.now()
const end = printable(await attacked())
const seconds = (performance.now() - began) / 1000
const memory = process.resourceUsage().maxRSS / 1024
const found: Attacked = { end, seconds, memory, events, harm: harmOf(before) }
rmSync(directory, { recursive: true })
process.stdout.write(`${JSON.stringify(found)}\n`)
process.exit(0)

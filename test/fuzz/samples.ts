/** Sound messages, as they are said. */
import type { FarmEvent, Happening } from '../../lib/core/event.ts'
import type { HostFacts, HostProblem } from '../../lib/core/host-facts.ts'
import type { EmergeMessage } from '../../lib/core/message.ts'
import { PROTOCOL, type PlanRequest, type PrepareRequest } from '../../lib/core/request.ts'
import { ebuild, edge, installed, requestOf, stamped, uninstall } from '../core/support.ts'
import type { HostPlace, JobDone } from '../../lib/edge/host/job.ts'
import type { Generation } from '../../lib/edge/host/mirror.ts'

export const facts: HostFacts = {
  hostname: 'big',
  machine: 'x86_64',
  kernel: '6.6.1-gentoo',
  distribution: ['debian'],
  python: '3.11.2',
  uid: 0,
  lacksCapabilities: [],
  rsync: { version: '3.2.7', lacks: ['ACLs'] },
  cores: 16,
  memory: 64 * 2 ** 30,
  openFiles: 524_288,
  processes: -1,
  cpu: { flags: ['avx2', 'sse2'], identity: 'AuthenticAMD 25 33' },
  directory: {
    kind: 'ext4',
    mountPoint: '/',
    options: ['rw', 'relatime'],
    freeBytes: 2 ** 40,
    freeFiles: null,
    trials: { namespaces: null, overlay: 'Invalid argument', mounts: null, execution: null },
  },
  hasCopy: true,
  clock: 1_790_000_000_000.25,
}

export const hostPlace: HostPlace = {
  run: '/var/lib/portage-farm/clients/0123abcd/runs/20260101-000000-a',
  distfiles: '/var/lib/portage-farm/clients/0123abcd/distfiles',
  others: ['20251231-000000-b'],
}

export const generation: Generation = {
  path: '/var/lib/portage-farm/clients/0123abcd/root-2',
  base: '/var/lib/portage-farm/clients/0123abcd/root-1',
  first: false,
  tried: 'gcc 14\n6.6.1 x',
}

export const jobDone: JobDone = {
  code: 0,
  step: 'build',
  stuck: false,
  outOfMemory: false,
  outOfSpace: false,
  seconds: 12.5,
  cpuSeconds: 40.25,
  memory: 300_000_000,
  disk: 5_000_000,
  files: [{ path: 'app-misc/jq/jq-1.7-1.gpkg.tar', size: 12_345, sha256: '0f'.repeat(32) }],
  log: 'app-misc:jq-1.7:20260101-000000.log.gz',
  elog: 'INFO: postinst\nhello\n',
  unfit: 'it has a named pipe',
  output: 'the end',
}

export const jobEvents = [
  { event: 'step', name: 'build' },
  { event: 'phase', cpv: 'app-misc/jq-1.7', phase: 'compile' },
  { event: 'variable', cpv: 'app-misc/jq-1.7', name: 'CFLAGS', value: '-O2 -pipe' },
]

const problem: HostProblem = { name: 'cpu', level: 'refuse', text: 'it lacks avx2', mend: 'build for less' }
const usage = { cores: 4, cpuSeconds: 9.5, memory: 1e9, disk: null, bytes: 10, transferSeconds: 0.1 }

/** One of each type at least, as they come. */
const happenings: { [T in Happening['type']]: Extract<Happening, { type: T }>[] } = {
  'run-started': [{ type: 'run-started', run: 'r', version: '0.1.0', portage: '3.0.70', hosts: ['big', 'small'] }],
  planned: [
    { type: 'planned', package: 'a/e-1::x', cpv: 'a/e-1', needs: [], rank: 3, where: 'farm' },
    { type: 'planned', package: 'a/b-1::x', cpv: 'a/b-1', needs: ['a/e-1::x'], rank: 2, where: 'farm' },
    { type: 'planned', package: 'a/h-1::x', cpv: 'a/h-1', needs: ['a/e-1::x'], rank: 1, where: 'home' },
    { type: 'planned', package: 'a/r-1::x', cpv: 'a/r-1', needs: [], rank: 1, where: 'ready' },
  ],
  'host-connecting': [{ type: 'host-connecting', host: 'big' }],
  'host-joined': [
    {
      ...{ type: 'host-joined', host: 'big', hostname: 'big.lan', cores: 16, memory: 1e10, disk: 1e12 },
      warnings: [{ ...problem, level: 'warn' }],
    },
  ],
  'host-refused': [{ type: 'host-refused', host: 'small', problems: [problem] }],
  'mirror-started': [{ type: 'mirror-started', host: 'big', generation: '/x/root-1', first: true }],
  'mirror-progress': [{ type: 'mirror-progress', host: 'big', bytes: 1000, percent: 10 }],
  'mirror-finished': [{ type: 'mirror-finished', host: 'big', bytes: 9000, size: 10_000, files: 5, seconds: 3.5 }],
  published: [{ type: 'published', host: 'store', packages: 3, seconds: 1.5 }],
  'host-ready': [{ type: 'host-ready', host: 'big', jobs: 2 }],
  'package-ready': [{ type: 'package-ready', package: 'a/e-1::x' }],
  'job-started': [
    { type: 'job-started', package: 'a/e-1::x', host: 'big', attempt: 1, cores: 4, why: ['it is quick'] },
    { type: 'job-started', package: 'a/b-1::x', host: 'big', attempt: 2, cores: 4 },
  ],
  'root-chosen': [{ type: 'root-chosen', package: 'a/b-1::x', host: 'big', root: 'r1', installs: ['a/e-1::x'] }],
  'build-started': [{ type: 'build-started', package: 'a/e-1::x', host: 'big' }],
  phase: [{ type: 'phase', package: 'a/e-1::x', host: 'big', phase: 'compile' }],
  built: [
    { type: 'built', package: 'a/e-1::x', host: 'big', seconds: 5, bytes: 1000, usage },
    { type: 'built', package: 'a/b-1::x', host: 'big', seconds: 4, bytes: 1000 },
  ],
  'job-cancelled': [{ type: 'job-cancelled', package: 'a/b-1::x', host: 'small' }],
  'attempt-failed': [
    ...(['package', 'host'] as const).map(fault => ({
      ...{ type: 'attempt-failed' as const, package: 'a/b-1::x', host: 'big', reason: 'no' },
      ...{ fault, log: null },
    })),
  ],
  committed: [
    { type: 'committed', package: 'a/e-1::x', host: 'big', path: '/store/e', seconds: 5 },
    { type: 'committed', package: 'a/b-1::x', host: 'big', path: '/store/b', seconds: 4 },
  ],
  'sent-home': [{ type: 'sent-home', package: 'a/h-1::x', reason: 'farm.yaml has it stay' }],
  'home-started': [{ type: 'home-started', package: 'a/h-1::x' }],
  failed: [{ type: 'failed', package: 'a/b-1::x', reason: 'it failed here', log: '/var/log/b' }],
  withdrawn: [{ type: 'withdrawn', package: 'a/h-1::x', by: 'a/b-1::x' }],
  installed: [{ type: 'installed', package: 'a/e-1::x' }],
  'install-failed': [{ type: 'install-failed', package: 'a/h-1::x' }],
  'host-silent': [{ type: 'host-silent', host: 'big', reason: 'it was silent for 12 s' }],
  'host-back': [{ type: 'host-back', host: 'big' }],
  'host-lost': [{ type: 'host-lost', host: 'big', reason: 'no route' }],
  interrupted: [{ type: 'interrupted' }],
  'run-ended': [{ type: 'run-ended', code: 1 }],
}

export const events: FarmEvent[] = stamped(...Object.values(happenings).flat())

/** A plan with one of everything. */
export const plan: PlanRequest = requestOf(
  [
    ebuild('e', {
      distfiles: [{ name: 'e.tar.gz', size: 5 }],
      expected: {
        ebuild: '0f'.repeat(32),
        recorded: { IUSE: 'ssl' },
        libc: ['sys-libs/glibc:2.2'],
        bindings: { RDEPEND: [{ atom: 'a/b:=', candidates: [{ slot: '0/1', package: 'b' }, { slot: '0/0' }] }] },
        unchanged: ['CHOST'],
        keepsMachine: true,
      },
    }),
    ebuild('b', { matches: ['app-toy/*'], restrict: ['fetch'], variables: { CFLAGS: '-O2' } }),
    ebuild('r', { type: 'binary', path: '/var/cache/binpkgs/r.gpkg.tar' }),
    uninstall('u'),
    ebuild('a', { dependencies: { DEPEND: 'app-toy/b' }, inherited: ['linux-mod-r1'] }),
    installed('i'),
  ],
  [
    edge('b', 'e'),
    edge('b', 'e', 'runtime'),
    edge('a', 'b', 'buildtime_slot_op runtime'),
    edge('a', 'i', 'buildtime', true),
    edge('i', 'r', 'runtime', true),
    edge('a', 'u', 'installtime'),
    edge('e', 'a', 'runtime_post'),
  ],
  { environment: { USE: '-doc' }, libc: [{ cpv: 'sys-libs/glibc-2.40' }] },
)

const prepare: PrepareRequest = {
  ...{ type: 'prepare', protocol: PROTOCOL, python: '/usr/bin/python3', settings: plan.settings },
  ...{ variables: { CFLAGS: '-O2' }, repositories: plan.repositories },
}

/** What emerge says besides its plan. */
export const emergeMessages: EmergeMessage[] = [
  prepare,
  { type: 'home-started', id: 'a' },
  { type: 'home-built', id: 'a', path: '/var/cache/binpkgs/a.gpkg.tar' },
  { type: 'merged', id: 'a' },
  { type: 'merge-failed', id: 'a' },
  { type: 'interrupt' },
  { type: 'end', code: 1 },
]

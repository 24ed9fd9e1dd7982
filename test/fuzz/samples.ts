/** Sound messages, as they are said. */
import type { HostFacts } from '../../lib/core/host-facts.ts'
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

import t from 'tap'
import { CLOCK, cpuProblems, hostProblems, LEAST_MEMORY, RESERVE } from '../../lib/core/host-check.ts'
import type { ClientNeeds, FarmDirectory, HostFacts } from '../../lib/core/host-facts.ts'
import { describeProblems } from '../../lib/core/host-facts.ts'

const NOW = 1_700_000_000_000
const GIB = 2 ** 30

const directory: FarmDirectory = {
  kind: 'ext4',
  mountPoint: '/var',
  options: ['rw', 'relatime'],
  freeBytes: 100 * GIB,
  freeFiles: 10_000_000,
  trials: { namespaces: null, overlay: null, mounts: null, execution: null },
}

const good: HostFacts = {
  hostname: 'big',
  machine: 'x86_64',
  kernel: '6.6.1',
  distribution: ['debian'],
  python: '3.11.2',
  uid: 0,
  lacksCapabilities: [],
  rsync: { version: '3.2.7', lacks: [] },
  cores: 8,
  memory: 16 * GIB,
  openFiles: 524_288,
  processes: -1,
  cpu: { flags: ['avx', 'avx2', 'fpu'], identity: 'GenuineIntel 6 85' },
  directory,
  hasCopy: false,
  clock: NOW,
}

const needs: ClientNeeds = {
  machine: 'x86_64',
  cpu: { flags: [], same: null },
  root: { bytes: 10 * GIB, files: 400_000 },
}

const asked = { ssh: 'larry@big.lan', dir: '/var/lib/portage-farm', jobs: 4, mirror: true }

function problems(
  facts: Partial<HostFacts>,
  client: Partial<ClientNeeds> = {},
  more: Partial<typeof asked> = {},
): string[] {
  const found = hostProblems({ ...good, ...facts }, { ...needs, ...client }, { ...asked, ...more }, NOW)
  return found.map(({ name, level, text, mend }) => `${level} ${name}: ${text} (${mend})`)
}

const onDisk = (more: Partial<FarmDirectory>): Partial<HostFacts> => ({ directory: { ...directory, ...more } })
const tried = (more: Partial<FarmDirectory['trials']>): Partial<HostFacts> =>
  onDisk({ trials: { ...directory.trials, ...more } })

void t.test('a host that has everything has no problem', t => {
  t.strictSame(problems({}), [])
  t.end()
})

void t.test('each lack has its name, its words, and what mends it', t => {
  const cases: [facts: Partial<HostFacts>, ...expected: RegExp[]][] = [
    [{ uid: 1000 }, /^refuse rights: the login is not root's \(user 1000\) \(say ssh: root@big\.lan in farm\.yaml\)$/],
    [{ lacksCapabilities: ['CAP_SYS_ADMIN'] }, /^refuse rights: root lacks CAP_SYS_ADMIN there/],
    [{ machine: 'aarch64' }, /^refuse architecture: it is aarch64, and this system is x86_64/],
    [{ rsync: null }, /^refuse rsync: rsync is not installed \(apt-get install rsync\)$/],
    [{ rsync: null, distribution: ['gentoo'] }, /\(emerge net-misc\/rsync\)$/],
    [{ rsync: null, distribution: ['rocky', 'rhel', 'centos'] }, /\(dnf install rsync\)$/],
    [{ rsync: null, distribution: [] }, /\(install rsync there\)$/],
    [{ rsync: { version: '3.0.9', lacks: [] } }, /^refuse rsync: rsync is 3\.0\.9, 3\.1 or newer is needed/],
    [{ rsync: { version: '2.6.9', lacks: [] } }, /^refuse rsync/],
    [
      { rsync: { version: '3.2.7', lacks: ['ACLs', 'xattrs'] } },
      /^refuse rsync: rsync was built without ACLs and xattrs/,
    ],
    [{ directory: { error: 'Read-only file system' } }, /^refuse directory: \S+ cannot be used: Read-only file system/],
    [tried({ namespaces: 'pid (Invalid argument)' }), /^refuse namespaces: .*pid \(Invalid argument\).*CONFIG_PID_NS/],
    [tried({ overlay: 'mounting overlay: No such device' }), /^refuse overlay: .*\(modprobe overlay, or a kernel with/],
    [tried({ overlay: 'Invalid argument' }), /^refuse overlay: .*on ext4: Invalid argument \(say dir: in farm\.yaml/],
    [tried({ mounts: 'No such device' }), /^refuse mounts: .*CONFIG_UNIX98_PTYS/],
    [tried({ execution: 'Permission denied' }), /^refuse noexec: programs below .* cannot be run: Permission denied/],
    [onDisk({ options: ['rw', 'noexec'] }), /^refuse noexec: .*\(mount -o remount,exec \/var, /],
    [onDisk({ options: ['rw', 'nosuid'] }), /^warn noexec: .*nosuid.*\(mount -o remount,suid \/var, /],
    [
      onDisk({ freeBytes: 2 * GIB }),
      /^refuse space: 2\.0 GiB are free .* a copy of this system and builds need 11\.0 GiB/,
    ],
    [onDisk({ freeFiles: 1000 }), /^refuse space: 1000 inodes are free .* need 450000/],
    [{ memory: 256 * 2 ** 20 }, /^warn memory: it has 256 MiB of memory/],
    [{ memory: GIB }, /^warn memory: it has 1024 MiB of memory for 4 builds at once \(say jobs: 2 in farm\.yaml\)$/],
    [{ clock: NOW + 3_600_000 }, /^refuse clock: its clock is 3600 s ahead \(timedatectl/],
    [{ clock: NOW - 30_000 }, /^warn clock: its clock is 30 s behind/],
    [{ openFiles: 256 }, /^refuse limits: a process may open 256 files/],
    [{ processes: 100 }, /^refuse limits: a user may have 100 processes/],
  ]
  for (const [facts, ...expected] of cases) {
    const found = problems(facts)
    t.equal(found.length, expected.length, JSON.stringify(found))
    for (const [index, each] of expected.entries()) t.match(found[index], each)
  }
  t.end()
})

void t.test('however much a host says, what is wrong with it is told in a few lines', t => {
  const long = 'x'.repeat(4000)
  const many = Array.from({ length: 4000 }, () => long)
  for (const said of [
    { lacksCapabilities: many },
    { machine: long },
    { rsync: { version: '3.2.7', lacks: many } },
    { directory: { ...directory, trials: { ...directory.trials, overlay: long } } },
  ]) {
    const found = problems(said)
    t.equal(found.length, 1)
    t.ok((found[0] ?? '').length < 5000, `${found[0]?.length}`)
  }
  t.end()
})

void t.test('where the line is', t => {
  t.strictSame(problems({ clock: NOW + CLOCK.warn * 1000 }), [])
  t.match(problems({ clock: NOW + CLOCK.refuse * 1000 }), [/^warn/])
  t.match(problems({ clock: NOW - CLOCK.refuse * 1000 - 1 }), [/^refuse/])
  t.strictSame(problems({ memory: LEAST_MEMORY * 4 }), [])
  t.strictSame(problems(onDisk({ freeBytes: 10 * GIB + RESERVE.bytes, freeFiles: 400_000 + RESERVE.files })), [])
  t.strictSame(problems({ rsync: { version: '3.1', lacks: [] } }), [])
  t.strictSame(problems({ openFiles: -1, processes: -1 }), [])
  t.end()
})

void t.test('a copy that is there, or that is not made, needs no space', t => {
  const small = onDisk({ freeBytes: 2 * GIB, freeFiles: 60_000 })
  t.strictSame(problems({ ...small, hasCopy: true }), [])
  t.strictSame(problems(small, {}, { mirror: false }), [])
  t.strictSame(problems(small, { root: null }), [], 'nor one of unknown size')
  t.strictSame(problems(onDisk({ freeFiles: null })), [], 'some file systems count no inodes')
  t.end()
})

void t.test('without root’s rights nothing else is said of the directory', t => {
  t.equal(problems({ uid: 1000, directory: { error: 'Permission denied' } }).length, 1)
  t.equal(problems({ lacksCapabilities: ['CAP_SYS_ADMIN'], ...tried({ namespaces: 'mount' }) }).length, 1)
  t.end()
})

void t.test('the ssh address with root', t => {
  for (const [ssh, mended] of [
    ['big', 'root@big'],
    ['larry@big', 'root@big'],
    ['ssh://larry@big:22', 'ssh://root@big:22'],
    ['ssh://big', 'ssh://root@big'],
  ] as const) {
    t.match(problems({ uid: 1 }, {}, { ssh }), [`say ssh: ${mended} in farm.yaml`])
  }
  t.end()
})

void t.test('the CPU: what builds may use, and what native means', t => {
  const flags = [
    { flag: 'avx2', because: 'CFLAGS="-mavx2"' },
    { flag: 'avx512f', because: 'CFLAGS="-march=x86-64-v4"' },
    { flag: 'avx512bw', because: 'CFLAGS="-march=x86-64-v4"' },
  ]
  t.match(problems({}, { cpu: { flags, same: null } }), [
    /^refuse cpu: its CPU does not have avx512f avx512bw, which CFLAGS="-march=x86-64-v4" uses/,
  ])
  t.strictSame(
    cpuProblems({ ...good, cpu: { flags: [], identity: '' } }, { flags, same: null }),
    [],
    'nothing is known',
  )
  const same = { because: 'RUSTFLAGS says native', flags: good.cpu.flags, identity: good.cpu.identity }
  t.strictSame(problems({}, { cpu: { flags: [], same } }), [])
  t.match(problems({}, { cpu: { flags: [], same: { ...same, identity: 'AuthenticAMD 25 1' } } }), [
    /^refuse cpu: RUSTFLAGS/,
  ])
  t.match(problems({}, { cpu: { flags: [], same: { ...same, flags: ['fpu'] } } }), [/^refuse cpu/])
  t.end()
})

void t.test('all of it in one line', t => {
  t.equal(
    describeProblems([
      { name: 'rsync', level: 'refuse', text: 'rsync is not installed', mend: 'emerge net-misc/rsync' },
      { name: 'architecture', level: 'refuse', text: 'it is aarch64', mend: '' },
    ]),
    'rsync is not installed (do: emerge net-misc/rsync); it is aarch64',
  )
  t.end()
})

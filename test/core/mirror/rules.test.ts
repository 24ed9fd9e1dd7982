import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { isForeign } from '../../../lib/core/mirror/file-systems.ts'
import { treeByTree } from '../../../lib/core/mirror/tree-by-tree.ts'
import { mirrorRules, type MirrorPlaces, namesThatStay, withoutPackages } from '../../../lib/core/mirror/rules.ts'

const nowhere: MirrorPlaces = {
  ...{ open: [], outline: [], links: [], repositories: [], configuration: [], shut: [], covered: [] },
}
type Some = Partial<MirrorPlaces> & { patterns?: string[] }
const allRules = ({ patterns = [], ...places }: Some): string[] =>
  treeByTree(namesThatStay(patterns, places.configuration ?? []), mirrorRules({ ...nowhere, ...places }))
/** As a system has it. */
const system = {
  open: [
    '/usr',
    '/bin',
    '/sbin',
    '/lib',
    '/lib64',
    '/etc',
    '/opt',
    '/var/db/pkg',
    '/var/lib/portage',
    '/var/cache/edb',
  ],
}
const rsync = spawns('rsync')

function spawns(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Lays out a system of these files, lets rsync mirror it by the rules, and says which of them arrive. */
function arrived(files: readonly string[], places: Some = {}): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'rules-'))
  try {
    for (const file of files) {
      mkdirSync(dirname(join(directory, 'from', file)), { recursive: true })
      writeFileSync(join(directory, 'from', file), 'x')
    }
    const rules = allRules({ ...system, ...places })
    writeFileSync(join(directory, 'rules'), rules.map(rule => rule + '\n').join(''))
    const argv = ['--archive', `--filter=merge ${join(directory, 'rules')}`]
    execFileSync('rsync', [...argv, '--', `${directory}/from/`, `${directory}/to/`], { stdio: 'pipe' })
    return files.filter(file => existsSync(join(directory, 'to', file)))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

void t.test('the innermost place decides, and names before all places', t => {
  const rules = allRules({
    open: ['/usr', '/var/db/pkg'],
    outline: ['/home', '/var'],
    links: ['/bin'],
    repositories: ['/home/larry/overlay'],
    shut: ['/usr/portage/distfiles', '/home/larry/overlay/big'],
    patterns: ['*.iso'],
  })
  const order = [
    '- *.iso',
    '- .git',
    '- /home/larry/overlay/big/*',
    '+ /home/larry/overlay/***',
    '- /home/larry/*',
    '+ /home/larry/',
    '- /home/*',
    '- /*',
  ]
  const places = order.map(rule => rules.indexOf(rule))
  t.notOk(places.includes(-1), `all are there: ${places.join()}`)
  t.strictSame(
    places,
    places.toSorted((a, b) => a - b),
  )
  t.ok(rules.indexOf('+ /bin') < rules.indexOf('- /*'), 'a link goes')
  const usr = rules.indexOf('+ /usr/***')
  t.ok(rules.indexOf('- .git') < usr && rules.indexOf('- /usr/src/**.key') < usr, 'what stays in /usr')
  t.notOk(
    rules.slice(0, usr).some(rule => rule.startsWith('- /etc/')),
    'what stays in /etc is not tried for files in /usr',
  )
  t.ok(
    rules.every(rule => /^[-+] \S/.test(rule)),
    'each is a line that rsync understands',
  )
  t.equal(rules.at(-1), '- /*', 'what no rule allows stays')
  t.end()
})

void t.test('where a rule may hold for several trees, none changes its place', t => {
  const [names, places] = [
    ['- /etc/x', '- x'],
    ['- /usr/y/*', '+ /us?/***', '+ /etc/***', '- /*'],
  ]
  t.strictSame(treeByTree(names, places), [...names, ...places])
  const plain = places.filter(rule => !rule.includes('?'))
  t.strictSame(treeByTree(names, plain), ['- x', '- /usr/y/*', '- /etc/x', '+ /etc/***', '- /*'])
  t.end()
})

void t.test('file systems', t => {
  for (const each of ['proc', 'sysfs', 'tmpfs', 'nfs4', 'cifs', 'fuse.sshfs', 'vfat', 'iso9660', 'autofs', '9p']) {
    t.equal(isForeign(each, '/mnt/x'), true, each)
  }
  for (const each of ['ext4', 'btrfs', 'xfs', 'zfs', 'f2fs', 'overlay', 'squashfs', 'fuse.mergerfs', 'bcachefs']) {
    t.equal(isForeign(each, '/mnt/x'), false, each)
  }
  t.end()
})

/** One file in each kind of place that never leaves the client. */
const NEVER = [
  ...['/proc/1/environ', '/sys/x', '/dev/x', '/run/x', '/tmp/x', '/var/tmp/portage/x', '/mnt/x', '/media/stick/x'],
  ...['/boot/vmlinuz', '/efi/x', '/home/larry/diary', '/root/notes', '/root/.ssh/id_rsa', '/srv/www/x', '/var/mail/x'],
  ...['/var/spool/cron/x', '/var/log/messages', '/var/lib/portage-farm/runs/x', '/var/lib/docker/x', '/var/cache/x/y'],
  ...['/var/lib/private/x', '/var/lib/systemd/coredump/x', '/var/lib/sss/db/x', '/var/lib/bluetooth/x'],
  ...['/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/ssl/private/key.pem', '/etc/sudoers'],
  ...['/etc/ssh/ssh_host_ed25519_key', '/etc/ssh/ssh_host_rsa_key', '/etc/wireguard/wg0.conf', '/etc/sudoers.d/x'],
  ...['/etc/letsencrypt/live/x/privkey.pem', '/etc/NetworkManager/system-connections/x', '/etc/portage/gnupg/key'],
  ...['/etc/krb5.keytab', '/etc/ppp/chap-secrets', '/etc/security/opasswd', '/etc/crypttab', '/etc/credstore/x'],
  ...['/opt/app/.ssh/id_ed25519', '/opt/app/id_rsa', '/opt/app/.netrc', '/opt/app/.aws/credentials', '/opt/.pgpass'],
  ...['/usr/share/x/privkey1.pem', '/opt/x.kdbx', '/opt/x.keytab', '/opt/.gnupg/key', '/lost+found/x', '/swapfile'],
]

/** And in places that nobody has thought of. */
const UNKNOWN = [
  ...[
    '/data/x',
    '/backup/etc/shadow',
    '/storage/x',
    '/core',
    '/crypto_keyfile.bin',
    '/.snapshots/1/snapshot/etc/passwd',
  ],
  ...[
    '/@home/u/x',
    '/btrfs-root/@/etc/passwd',
    '/home2/x',
    '/nix/store/x',
    '/games/x',
    '/.bash_history',
    '/etc/.git/HEAD',
  ],
  ...['/var/lib/docker/x', '/var/lib/grafana/x', '/var/vmail/x', '/var/crash/x', '/var/db/other/x', '/var/anything'],
  ...['/usr/.snapshots/1/x', '/etc/conf.d/net', '/usr/src/linux-6.1/certs/signing_key.pem', '/opt/x/.env'],
]

/** And of what a builder cannot do without. */
const ALWAYS = [
  ...[
    '/bin/sh',
    '/etc/passwd',
    '/etc/group',
    '/etc/portage/make.conf',
    '/etc/portage/package.use/x',
    '/etc/ld.so.conf',
  ],
  ...['/etc/ssl/certs/x.pem', '/etc/ssh/ssh_host_ed25519_key.pub', '/etc/ssh/ssh_config', '/usr/bin/gcc', '/opt/app/x'],
  ...['/usr/lib64/libc.so', '/usr/src/linux/Makefile', '/var/db/pkg/app-toy/x-1/USE', '/var/lib/portage/world'],
  ...['/var/db/repos/gentoo/app-toy/x/x-1.ebuild', '/var/cache/edb/dep/x', '/etc/env.d/x', '/usr/portage/x'],
]

void t.test('what leaves the client, and what does not', { skip: !rsync && 'no rsync' }, t => {
  t.strictSame(arrived([...NEVER, ...UNKNOWN, ...ALWAYS], { repositories: ['/var/db/repos/gentoo'] }), ALWAYS)
  t.end()
})

void t.test('a repository is sent wherever it lies, and nothing beside it', { skip: !rsync && 'no rsync' }, t => {
  const cases: [repository: string, beside: string[]][] = [
    ['/home/larry/overlay', ['/home/larry/diary', '/home/other/x', '/home/larry/overlay2/x', '/home/x']],
    ['/root/overlay', ['/root/notes', '/root/.ssh/id_rsa']],
    ['/home/larry/a/b/c', ['/home/larry/a/x', '/home/larry/a/b/x', '/home/larry/x']],
    ['/srv', []],
    ['/mnt/nfs/repos/x', ['/mnt/nfs/other', '/mnt/other']],
    ['/var/tmp/overlay', ['/var/tmp/portage/x']],
    ['/tmp/overlay', ['/tmp/x']],
    ['/var/cache/overlay', ['/var/cache/distfiles/x', '/var/cache/x']],
    ['/usr/portage', ['/usr/portage/distfiles/x', '/usr/portage/packages/x']],
    ['/home/larry/a [b]*?', ['/home/larry/a bcd/x', '/home/larry/a b/x']],
    ['/home/larry/back\\slash', ['/home/larry/backslash/x']],
    ['/home/larry/# + - !', ['/home/larry/x']],
    ['/home/larry/ends with a blank ', ['/home/larry/ends with a blank/x']],
    ['/home/larry/é😀', ['/home/larry/x']],
  ]
  const places = {
    shut: ['/usr/portage/distfiles', '/usr/portage/packages', '/var/cache/distfiles', '/var/tmp', '/mnt/nfs'],
  }
  for (const [repository, beside] of cases) {
    const own = [`${repository}/app-toy/x/x-1.ebuild`, `${repository}/profiles/repo_name`]
    const files = [...own, `${repository}/.git/config`, ...beside, '/etc/passwd', '/home/another/x']
    t.strictSame(arrived(files, { ...places, repositories: [repository] }), [...own, '/etc/passwd'], repository)
  }
  t.end()
})

void t.test('two repositories side by side, and one in the other', { skip: !rsync && 'no rsync' }, t => {
  const files = ['/home/a/r1/x', '/home/a/r2/x', '/home/a/r2/r3/x', '/home/b/r4/x', '/home/a/y', '/home/b/y']
  t.strictSame(
    arrived(files, { repositories: ['/home/a/r1', '/home/a/r2/', '/home/a/r2/r3', '/home/b/r4'] }),
    files.slice(0, 4),
  )
  t.end()
})

void t.test('PKGDIR, DISTDIR and mount points, whatever they are called', { skip: !rsync && 'no rsync' }, t => {
  const paths = ['/usr/dist', '/usr/a b', '/usr/[x]*?', '/usr/back\\slash', '/usr/tail/', '/usr/#x']
  const inside = paths.map(path => `${path.replace(/\/$/, '')}/inside`)
  const beside = ['/usr/other/x', '/usr/x/x', '/usr/backslash/x']
  t.strictSame(arrived([...inside, ...beside], { shut: paths }), beside)
  t.end()
})

void t.test('what a plan is sent of lies where it really lies', { skip: !rsync && 'no rsync' }, t => {
  const directory = t.testdir({
    from: { data: { dep: { 'app-toy': 'new' } }, var: { cache: t.fixture('symlink', '/data') } },
    to: { data: { dep: { 'app-toy': 'old' } }, var: { cache: { edb: { dep: { 'app-toy': 'old' } } } } },
  })
  writeFileSync(join(directory, 'rules'), withoutPackages([], '/data/dep').join('\n'))
  const options = ['--archive', '--delete', '--delete-excluded', '-f', `merge ${join(directory, 'rules')}`]
  execFileSync('rsync', [...options, '--', `${directory}/from/`, `${directory}/to/`], { stdio: 'pipe' })
  t.equal(readlinkSync(join(directory, 'to/var/cache')), '/data', 'a directory became a link')
  t.equal(readFileSync(join(directory, 'to/data/dep/app-toy'), 'utf8'), 'old', 'neither sent nor removed')
  t.end()
})

void t.test('the user’s own patterns come before all else', { skip: !rsync && 'no rsync' }, t => {
  const files = ['/opt/big/x', '/opt/x.iso', '/home/larry/overlay/x.iso', '/home/larry/overlay/x']
  const places = { patterns: ['*.iso', '/opt/big/'], repositories: ['/home/larry/overlay'] }
  t.strictSame(arrived(files, places), ['/home/larry/overlay/x'])
  t.end()
})

void t.test('whatever a path is called, it is one rule in one line', t => {
  const path = fc
    .array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1 })
    .map(parts => `/${parts.join('/')}`)
  const anyPlaces = fc.record({
    repositories: fc.array(path, { maxLength: 2 }),
    open: fc.array(path, { maxLength: 2 }),
    outline: fc.array(path, { maxLength: 2 }),
    links: fc.array(path, { maxLength: 2 }),
    shut: fc.array(path, { maxLength: 2 }),
  })
  fc.assert(
    // rsync ends a line of a merge file at a line feed and at a carriage return.
    fc.property(anyPlaces, places => !mirrorRules({ ...nowhere, ...places }).some(rule => /[\n\r\0]/.test(rule))),
    { examples: [[{ ...nowhere, shut: ['/mnt/a\n+ *'] }]] },
  )
  t.end()
})

void t.test('whatever lies where: secrets stay, repositories go', { skip: !rsync && 'no rsync' }, t => {
  const name = fc.stringMatching(/^[a-z #*?[\]+!é-]{1,6}$/).filter(each => !['.', '..'].includes(each))
  const shut = fc.constantFrom('/home', '/root', '/srv', '/mnt', '/var/log', '/data')
  const repository = fc
    .tuple(shut, fc.array(name, { minLength: 1, maxLength: 3 }))
    .map(([place, parts]) => [place, ...parts].join('/'))
  fc.assert(
    fc.property(fc.uniqueArray(repository, { minLength: 1, maxLength: 3 }), repositories => {
      const within = (path: string): boolean => repositories.some(each => path.startsWith(`${each}/`))
      const own = repositories.map(each => `${each}/file of it`)
      // A file at each step of the way down, and one beside each repository.
      const beside = repositories
        .flatMap(each => {
          const parts = each.split('/').slice(1)
          return parts.map((_, index) => `/${[...parts.slice(0, index), 'secret of a person'].join('/')}`)
        })
        .filter(path => path.split('/').length > 2 && path !== '/var/secret of a person' && !within(path))
      const got = arrived([...new Set([...own, ...beside])], { repositories })
      if (got.toSorted().join('\n') !== [...new Set(own)].toSorted().join('\n')) throw new Error(got.join('\n'))
    }),
    { numRuns: 20, interruptAfterTimeLimit: 2000, markInterruptAsFailure: false },
  )
  t.end()
})

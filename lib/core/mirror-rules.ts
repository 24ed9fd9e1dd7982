/** What of the client's root a builder gets: rsync filter rules, the first match decides. */

/** Places whose contents never leave the client. The directories themselves do, empty. */
const NEVER_BELOW = [
  // Not files of the system.
  ...['/proc', '/sys', '/dev', '/run', '/var/run', '/tmp', '/var/tmp', '/mnt', '/media', '/boot', '/efi'],
  // People's own.
  ...['/home', '/root', '/srv', '/var/mail', '/var/spool', '/var/www', '/var/lib/private'],
  // What grows, and what other machines have no use for.
  ...[
    '/var/log',
    '/var/lib/portage-farm',
    '/var/lib/docker',
    '/var/lib/containers',
    '/var/lib/lxc',
    '/var/lib/libvirt',
  ],
  ...['/var/lib/machines', '/var/lib/flatpak', '/var/lib/mysql', '/var/lib/postgresql', '/var/lib/redis'],
  ...['/var/lib/systemd/coredump', '/var/lib/ccache', '/var/lib/samba/private', '/var/lib/sss'],
  // Keys and passwords.
  ...[
    '/etc/ssl/private',
    '/etc/wireguard',
    '/etc/openvpn',
    '/etc/ipsec.d/private',
    '/etc/letsencrypt',
    '/etc/sudoers.d',
  ],
  ...['/etc/NetworkManager/system-connections', '/etc/wpa_supplicant', '/etc/iwd', '/etc/netplan', '/etc/credstore'],
  ...['/etc/credstore.encrypted', '/etc/portage/gnupg', '/etc/pki/private', '/etc/pki/tls/private', '/etc/cups/ssl'],
  ...['/etc/secureboot', '/etc/keys', '/var/lib/iwd', '/var/lib/NetworkManager', '/var/lib/bluetooth', '/var/lib/tor'],
  ...['/var/lib/sbctl', '/var/lib/krb5kdc', '/var/lib/acme'],
]

/** Single files and names that never leave the client. A rule with no slash in front holds everywhere. */
const NEVER = [
  ...['/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/.pwd.lock', '/etc/security/opasswd'],
  ...[
    '/etc/shadow.*',
    '/etc/gshadow.*',
    '/etc/sudoers',
    '/etc/krb5.keytab',
    '/etc/ppp/*-secrets',
    '/etc/ipsec.secrets',
  ],
  ...['/etc/crypttab', '/etc/wpa_supplicant.conf', '/etc/msmtprc', '/etc/fetchmailrc', '/etc/rsyncd.secrets'],
  ...['/etc/ssh/ssh_host_*_key', '/etc/ssh/ssh_host_key', '/etc/portage/secrets', '/var/lib/systemd/random-seed'],
  ...['/var/lib/systemd/credential.secret', '/etc/mail/sasl*', '/etc/postfix/sasl*', '/swapfile', '/swap.img'],
  ...['id_rsa', 'id_dsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', '.netrc', '.pgpass', '.my.cnf'],
  ...['.git-credentials', '.npmrc', '.pypirc', '.aws', '.gnupg', '.ssh', '.kube', '.docker', '*.kdbx', '*.keytab'],
  ...['private_key.pem', 'privkey*.pem', '*-private.pem', 'lost+found'],
]

/** Caches: of all that lies there, only what Portage needs to start is sent. */
const CACHES = ['/var/cache/edb/***']

export interface MirrorPlaces {
  /** Ebuild repositories: sent wherever they lie, also below something that is not. */
  repositories: string[]
  /** Portage's configuration where it really lies, and the links that lead there: sent wherever they lie. */
  configuration: string[]
  /** DISTDIR, PKGDIR, PORTAGE_TMPDIR and the like: never sent. */
  excluded: string[]
  /** Mount points of pseudo, network and removable file systems: their contents are not sent. */
  foreignMounts: string[]
  /** The user's own patterns, from farm.yaml. */
  patterns: string[]
}

/** The rules, one a line, for rsync's `--filter='merge FILE'`. */
export function mirrorRules(places: MirrorPlaces): string[] {
  const repositories = places.repositories.map(normal)
  const excluded = places.excluded.map(normal)
  const never = [...NEVER_BELOW, '/var/cache', ...places.foreignMounts.map(normal), ...excluded]
  const shut = (path: string): boolean => never.some(place => isBelow(path, place))
  const inward = repositories.filter(shut)
  const configuration = places.configuration.map(normal)
  return [
    ...places.patterns.map(pattern => `- ${pattern}`),
    ...NEVER.map(pattern => `- ${pattern}`),
    // DISTDIR may lie in a repository, and a repository in PORTAGE_TMPDIR: the inner place decides.
    ...excluded.filter(path => !repositories.some(each => isBelow(each, path))).map(shutPlace),
    // A repository below an excluded place: the way down to it is let through, and nothing beside it.
    ...repositories.map(path => `- ${literal(path)}/.git/`),
    ...inward.flatMap(path => [...parents(path).map(each => `+ ${literal(each)}/`), `+ ${escaped(path)}/***`]),
    // Portage's keys lie in its configuration, wherever that is.
    ...configuration.flatMap(path => ['gnupg', 'secrets'].map(name => `- ${literal(`${path}/${name}`)}`)),
    ...configuration
      .filter(shut)
      .flatMap(path => [
        ...parents(path).map(each => `+ ${literal(each)}/`),
        ...[`+ ${literal(path)}`, `+ ${escaped(path)}/***`],
      ]),
    ...CACHES.map(pattern => `+ ${pattern}`),
    ...[...inward, ...configuration.filter(shut)].flatMap(path => parents(path).filter(shut).map(shutPlace)),
    ...never.map(shutPlace),
  ]
}

/**
 * Rules that pass over the packages of repositories, to stand before the others: what of them a run needs is sent when
 * its plan is known, so that nobody looks at the thousands of others. What a host has of them stays there.
 */
export function withoutPackages(repositories: readonly string[]): string[] {
  const places = repositories.map(normal)
  const inner = places.filter(path => places.some(each => each !== path && isBelow(path, each)))
  const passed = places.flatMap(path => {
    const below = escaped(path)
    // Categories have a hyphen, but for one. What a repository has besides is news, which nobody reads on a host.
    const metadata = ['md5-cache', 'news', 'glsa'].map(name => `${below}/metadata/${name}/`)
    return [`${below}/*-*/`, `${below}/virtual/`, ...metadata]
  })
  const all = [...passed, '/var/cache/edb/dep/']
  return [
    // A repository within another one, where a category might be.
    ...inner.flatMap(path => [...parents(path), path].map(each => `+ ${literal(each)}/`)),
    ...all.flatMap(pattern => [`H ${pattern}`, `P ${pattern}`]),
  ]
}

/** The rule that keeps all that a directory has, but for what earlier rules let through. */
function shutPlace(path: string): string {
  return `- ${escaped(path)}/*`
}

/**
 * Whether what is mounted there is not the system's own, and stays here: made by the kernel, removable, or reached over a
 * network. A network file system is the system's own where Portage installs: builds need it, wherever it is kept.
 */
export function isForeign(fileSystem: string, mountPoint: string): boolean {
  if (NOT_OF_THE_SYSTEM.has(fileSystem)) return true
  const isNetwork = NETWORK.has(fileSystem) || (fileSystem.startsWith('fuse.') && !LOCAL_FUSE.has(fileSystem))
  return isNetwork && !INSTALLED_BELOW.some(place => isBelow(mountPoint, place))
}

const NOT_OF_THE_SYSTEM = new Set([
  ...['autofs', 'binfmt_misc', 'bpf', 'cgroup', 'cgroup2', 'configfs', 'debugfs', 'devpts', 'devtmpfs', 'efivarfs'],
  ...['fusectl', 'hugetlbfs', 'mqueue', 'nsfs', 'proc', 'pstore', 'ramfs', 'rpc_pipefs', 'securityfs', 'selinuxfs'],
  ...['sysfs', 'tmpfs', 'tracefs', 'iso9660', 'udf', 'vfat', 'exfat', 'msdos', 'ntfs', 'ntfs3', 'swap'],
])

const NETWORK = new Set([
  ...['9p', 'afs', 'ceph', 'cifs', 'coda', 'glusterfs', 'lustre', 'ncpfs', 'nfs', 'nfs4', 'smb3', 'smbfs', 'virtiofs'],
])

/** Where packages install files, and where Portage notes it. */
const INSTALLED_BELOW = [
  ...['/usr', '/opt', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/etc', '/var/db', '/var/lib/portage'],
]

const LOCAL_FUSE = new Set(['fuse.mergerfs', 'fuse.fuse-overlayfs', 'fuse.squashfuse'])

function normal(path: string): string {
  return path.replace(/\/+$/, '')
}

function isBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`)
}

function parents(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

/** A path within a pattern that has a wildcard: there rsync takes a backslash for an escape. */
function escaped(path: string): string {
  // A line of rules ends at a line break: a path that has one is matched by "any character".
  return path.replaceAll(/[*?[\\]/g, found => `\\${found}`).replaceAll(/[\r\n\0]/g, '?')
}

/** A path as a pattern of its own, in which rsync unescapes only if there is a wildcard. */
function literal(path: string): string {
  return /[*?[\r\n\0]/.test(path) ? escaped(path) : path
}

/** Which file systems are the system's own. */
import { isBelow } from './paths.ts'

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

/** What there was before the rules: one rsync of everything, as root, with exclusions. */
import { writeFile } from 'node:fs/promises'
import { withoutPackages } from '../../lib/core/mirror/rules.ts'
import { HERE } from '../../lib/edge/host/local.ts'
import { rsync, type Transferred } from '../../lib/edge/host/rsync.ts'

/** As lib/core/mirror-rules.ts had them. */
const NEVER_BELOW = [
  ...['/proc', '/sys', '/dev', '/run', '/var/run', '/tmp', '/var/tmp', '/mnt', '/media', '/boot', '/efi'],
  ...['/home', '/root', '/srv', '/var/mail', '/var/spool', '/var/www', '/var/lib/private', '/var/log'],
  ...['/var/lib/portage-farm', '/var/lib/docker', '/var/lib/containers', '/var/lib/lxc', '/var/lib/libvirt'],
  ...['/var/lib/machines', '/var/lib/flatpak', '/var/lib/mysql', '/var/lib/postgresql', '/var/lib/redis'],
  ...['/etc/ssl/private', '/etc/wireguard', '/etc/openvpn', '/etc/letsencrypt', '/etc/sudoers.d', '/var/cache'],
]
const NEVER = [
  ...['/etc/shadow', '/etc/shadow-', '/etc/gshadow', '/etc/gshadow-', '/etc/sudoers', '/etc/crypttab', '/swapfile'],
  ...['/etc/ssh/ssh_host_*_key', 'id_rsa', 'id_dsa', 'id_ecdsa', 'id_ed25519', '.netrc', '.pgpass', '.ssh', '.gnupg'],
  ...['.aws', '.kube', '.docker', '*.kdbx', '*.keytab', 'private_key.pem', 'privkey*.pem', 'lost+found'],
]

const OPTIONS = [
  ...['--archive', '--hard-links', '--numeric-ids', '--sparse', '--acls', '--xattrs'],
  ...['--delete', '--delete-excluded', '--partial-dir=.portage-farm-partial'],
]

/** Writes its rules into a file. */
export async function writeRulesBefore(file: string, repository: string): Promise<void> {
  const rules = [
    ...withoutPackages([repository], '/var/cache/edb/dep'),
    ...NEVER.map(pattern => `- ${pattern}`),
    '+ /var/cache/edb/***',
    ...NEVER_BELOW.map(path => `- ${path}/*`),
  ]
  await writeFile(file, rules.map(rule => rule + '\n').join(''))
}

export async function copyAsBefore(rules: string, to: string): Promise<Transferred> {
  return rsync(HERE, { options: OPTIONS, from: { local: '/' }, to: { remote: `${to}/` }, rules })
}

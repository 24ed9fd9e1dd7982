import t from 'tap'
import { denials, textOf } from '../../../lib/edge/host/denials.ts'

const LAST =
  'rsync error: some files/attrs were not transferred (see previous errors) (code 23) at main.c(1338) [sender=3.2.7]'

void t.test('what was denied, by path', t => {
  const stderr = [
    'rsync: [sender] opendir "/root" failed: Permission denied (13)',
    'rsync: [sender] send_files failed to open "/etc/a b": Permission denied (13)',
    'rsync: send_files failed to open "/etc/older": Permission denied (13)',
    'rsync: [sender] readlink_stat("/usr/x/y") failed: Permission denied (13)',
    'rsync: [sender] link_stat "/var/db/repos/x" failed: Permission denied (13)',
    'rsync: [sender] get_xattr_data: lgetxattr("/etc/x","user.a",0) failed: Permission denied (13)',
    'rsync: [sender] send_files failed to open "/etc/\\#303\\#251": Permission denied (13)',
    'rsync: [sender] send_files failed to open "/etc/a "quoted" one": Permission denied (13)',
    LAST,
    '',
  ].join('\n')
  t.strictSame(denials(stderr)?.map(textOf), [
    ...['/root', '/etc/a b', '/etc/older', '/usr/x/y', '/var/db/repos/x', '/etc/x', '/etc/é', '/etc/a "quoted" one'],
  ])
  t.end()
})

void t.test('anything else is a failure', t => {
  const denied = 'rsync: [sender] opendir "/root" failed: Permission denied (13)'
  for (const line of [
    'rsync: [sender] read errors mapping "/etc/x": Input/output error (5)',
    'rsync: [generator] recv_generator: mkdir "/farm/x" failed: Permission denied (13)',
    'rsync: [receiver] mkstemp "/farm/.x" failed: No space left on device (28)',
    'rsync: [sender] opendir "/usr/x" failed: Input/output error (5)',
    // What a host could say among that, and rsync does not.
    ...['/etc/portage/../shadow', '/..', '/etc/./x', '//root', '/etc/', 'root/x', '', '/', '/etc/a\\#000'].map(
      path => `rsync: [sender] send_files failed to open "${path}": Permission denied (13)`,
    ),
  ]) {
    t.equal(denials([denied, line, LAST].join('\n')), null, line)
  }
  t.end()
})

import t from 'tap'
import { elsewhere, type Mount } from '../../../lib/core/mirror/mounts.ts'

const OPEN = ['/usr', '/etc', '/opt', '/var/db/repos/gentoo']

function mount(point: string, device: string, root = '/', subvolume: string | null = null): Mount {
  return { point, device, root, subvolume, type: subvolume === null ? 'ext4' : 'btrfs' }
}

const root = mount('/', '8:1')

void t.test('what may not go does not go by another name', t => {
  const cases: [name: string, mounts: Mount[], stays: string[]][] = [
    ['file systems of the system', [root, mount('/usr', '8:2'), mount('/opt', '8:3'), mount('/home', '8:4')], []],
    ['a directory of the root, bound', [root, mount('/opt/x', '8:1', '/home/u/x')], ['/opt/x']],
    ['all of another file system, bound', [root, mount('/home', '8:4'), mount('/opt/x', '8:4')], ['/opt/x']],
    ['a part of another', [root, mount('/home', '8:4'), mount('/usr/local/x', '8:4', '/u')], ['/usr/local/x']],
    ['a part of what goes', [root, mount('/opt/linux', '8:1', '/usr/src/linux')], []],
    ['a part whose whole is mounted later', [root, mount('/opt/x', '8:4', '/u'), mount('/home', '8:4')], ['/opt/x']],
    ['bound into a chroot', [root, mount('/usr', '8:2'), mount('/srv/chroot/usr', '8:2')], []],
    ['a repository, bound into a chroot', [root, mount('/srv/chroot/repo', '8:1', '/var/db/repos/gentoo')], []],
    ['what lies outside of all that goes', [root, mount('/home', '8:4'), mount('/data', '8:4')], []],
  ]
  for (const [name, mounts, stays] of cases) t.strictSame(elsewhere(mounts, OPEN), stays, name)
  t.end()
})

void t.test('subvolumes of btrfs', t => {
  const own = mount('/', '0:30', '/@', '/@')
  const cases: [name: string, mounts: Mount[], stays: string[]][] = [
    ['each where it belongs', [own, mount('/usr', '0:30', '/@usr', '/@usr'), mount('/home', '0:30', '/@h', '/@h')], []],
    [
      'the whole is mounted too',
      [own, mount('/mnt/all', '0:30', '/', '/'), mount('/usr', '0:30', '/@usr', '/@usr')],
      [],
    ],
    [
      'people’s, mounted again',
      [own, mount('/home', '0:30', '/@h', '/@h'), mount('/opt/x', '0:30', '/@h', '/@h')],
      ['/opt/x'],
    ],
    [
      'a directory of one',
      [own, mount('/home', '0:30', '/@h', '/@h'), mount('/opt/x', '0:30', '/@h/u', '/@h')],
      ['/opt/x'],
    ],
    ['a directory of the root', [own, mount('/opt/x', '0:30', '/@/root/x', '/@')], ['/opt/x']],
  ]
  for (const [name, mounts, stays] of cases) t.strictSame(elsewhere(mounts, OPEN), stays, name)
  t.end()
})

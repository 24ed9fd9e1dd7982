/** Where things lie that packages own or Portage reads: behind links, on other file systems, where only root may read. */
import { ebuildText } from '../../lab/repo.ts'
import type { Scenario } from '../scenario.ts'

const DISTDIR = '/var/cache/distfiles'

/** In files that nothing needs, wherever a host might get them from. */
const [OF_LINKS, OF_PRIVATE] = ['nothing-needs-this-behind-links', 'nothing-needs-this-beside-configuration']
const mark = (text: string, directories: string[]): string =>
  `for directory in ${directories.join(' ')}; do echo ${text} >$directory/mark; done`

/** Whatever of it a host might be given. */
const MARKED = [
  ...['/data', '/opt', '/opt/owner', '/opt/others', '/var/log', '/var/work'],
  ...['/mnt/other', '/var/cache', '/var/cache/owner', '/var/cache/others', '/var/cache/binpkgs', DISTDIR],
]

/** Installs a file in each of these directories. */
const installsInto = (...directories: string[]): string => `
src_install() {
	local directory
	for directory in ${directories.join(' ')}; do
		insinto \${directory}/\${PN}
		newins - part <<< "owned by \${PN}"
	done
}
`

/** Notes what it was built with. */
const RECORDS = `
src_compile() {
	sleep 3
	echo "$(usev linked)|$(usev private)|$(usev sourced)|\${CFLAGS}|\${OF_ECLASS}" > record || die
}
src_install() {
	insinto /usr/share/toy
	newins record "\${PN}"
}
`
const RECORDED = { iuse: 'linked private sourced', body: RECORDS }

/** An overlay, whose repository has its name. */
const overlay = (name: string, location: string, pn: string): Record<string, string> => ({
  [`/etc/portage/repos.conf/${name}.conf`]: `[${name}]\nlocation = ${location}\nauto-sync = no\n`,
  [`${location}/metadata/layout.conf`]: 'masters = gentoo\nthin-manifests = true\nsign-manifests = false\n',
  [`${location}/profiles/repo_name`]: `${name}\n`,
  [`${location}/eclass/${name}.eclass`]: `OF_ECLASS="eclass of ${name}"\n`,
  [`${location}/app-toy/${pn}/${pn}-1.ebuild`]: ebuildText(`app-toy/${pn}-1`, { ...RECORDED, inherit: name }),
})

export const scenarios: Scenario[] = [
  {
    name: 'trees-that-are-links',
    proves:
      '/opt and /var/cache may be links to another file system, with DISTDIR, PKGDIR, PORTAGE_TMPDIR and /var/log: hosts have what packages own there, and nothing else',
    ebuilds: {
      'app-toy/owner-1': { body: installsInto('/opt', '/var/cache') },
      'app-toy/lib-1': { depend: 'app-toy/owner', rdepend: 'app-toy/owner', body: installsInto('/opt', '/var/cache') },
      'app-toy/user-1': {
        depend: 'app-toy/lib app-toy/owner',
        srcUri: 'http://127.0.0.1:9/user-1.txt',
        more: 'S="${WORKDIR}"\n',
        body: `
src_compile() {
	cat /opt/{owner,lib}/part /var/cache/{owner,lib}/part "\${DISTDIR}/user-1.txt" > seen || die
}
src_install() {
	insinto /opt/user
	doins seen
}
`,
      },
    },
    files: { [`${DISTDIR}/user-1.txt`]: 'behind a link\n' },
    start: [
      ['--oneshot', 'app-toy/owner'],
      {
        // /var/tmp and /var/cache are such. What is in /mnt is not compared, but for what the check looks at.
        shell: `cd /; umask 022
          for place in /data /mnt/other; do mkdir -p /var/tmp$place $place; mount --bind /var/tmp$place $place; done
          mkdir -p /opt /var/cache/binpkgs; mkdir -m 1777 /mnt/other/tmp
          cp -a /opt /data/opt; cp -a /var/cache /var/log /mnt/other/; umount /var/cache
          rm -rf /opt /var/cache /var/log
          ln -s /data/opt /opt; ln -s /mnt/other/cache /var/cache; ln -s /mnt/other/log /var/log; ln -s /mnt/other/tmp /var/work
          echo 'PORTAGE_TMPDIR="/var/work"' >>/etc/portage/make.conf
          mkdir -p /opt/others /var/cache/others
          ${mark(OF_LINKS, MARKED)}`,
      },
    ],
    steps: [['app-toy/user']],
    check: `test -L /opt; test -L /var/cache; test -L /var/log
      diff - /data/opt/user/seen <<<$'owned by owner\\nowned by lib\\nowned by owner\\nowned by lib\\nbehind a link'
      grep -qx "owned by lib" /mnt/other/cache/lib/part`,
    hosts: { have: 'owned by owner', lack: OF_LINKS },
  },
  {
    name: 'configuration-that-only-root-reads',
    proves:
      'what Portage reads in /root, in an overlay of mode 0700 in /home, and in files written under umask 077, is what builds on two hosts go by',
    ebuilds: { 'app-toy/one-1': RECORDED, 'app-toy/two-1': RECORDED },
    files: overlay('of-portage', '/home/overlay', 'three'),
    start: [
      {
        shell: `umask 077
          mkdir -p /root/portage
          echo 'app-toy/one linked' >/root/portage/flags; ln -s /root/portage/flags /etc/portage/package.use/linked
          printf '%s\\n' 'CFLAGS="-O2 -DSOURCED"' 'USE="sourced"' >/root/portage/extra.conf
          echo 'source /root/portage/extra.conf' >>/etc/portage/make.conf
          echo '*/* private' >/etc/portage/package.use/private
          find /etc/portage -type f -exec chmod 0600 {} +; find /etc/portage -type d -exec chmod 0700 {} +
          chown -R portage:portage /home/overlay; chmod -R go= /root /home/overlay
          ${mark(OF_PRIVATE, ['/root', '/root/portage', '/home'])}`,
      },
    ],
    steps: [['--jobs=3', 'app-toy/one', 'app-toy/two', 'app-toy/three']],
    check: `cd /usr/share/toy
      grep -Fqx 'linked|private|sourced|-O2 -DSOURCED|' one; grep -Fqx '|private|sourced|-O2 -DSOURCED|' two
      grep -Fqx '|private|sourced|-O2 -DSOURCED|eclass of of-portage' three`,
    expect: { hosts: 2 },
    hosts: { have: '-DSOURCED', lack: OF_PRIVATE },
  },
  {
    name: 'overlays-that-only-root-reads',
    proves:
      'without userpriv, overlays of mode 0700 may lie in /root, and in /home as another user’s: they are what builds on two hosts go by',
    files: {
      ...overlay('of-root', '/root/overlays/mine', 'four'),
      ...overlay('of-larry', '/home/larry/overlay', 'five'),
    },
    start: [
      {
        // Portage reads ebuilds as its own user otherwise.
        shell: `echo 'FEATURES="\${FEATURES} -userpriv"' >>/etc/portage/make.conf
          chown -R 1000:1000 /home/larry; chmod -R go= /root /home/larry; umask 077
          ${mark(OF_PRIVATE, ['/root', '/root/overlays', '/home/larry'])}`,
      },
    ],
    steps: [['--jobs=2', 'app-toy/four', 'app-toy/five']],
    check: `cd /usr/share/toy
      grep -Fqx '|||-O2 -pipe|eclass of of-root' four; grep -Fqx '|||-O2 -pipe|eclass of of-larry' five`,
    expect: { hosts: 2 },
    hosts: { have: 'eclass of of-larry', lack: OF_PRIVATE },
  },
]

/** Where sources come from, and what may not be fetched. */
import type { ToyOptions } from '../../lab/repo.ts'
import type { Scenario } from '../scenario.ts'

const DISTDIR = '/var/cache/distfiles'

/** A toy that installs its sources as they are. Without more said, they are in DISTDIR. */
const installsSources = (srcUri: string, more: ToyOptions = {}): ToyOptions => ({
  srcUri,
  body: 'src_install() {\n\tinsinto /usr/share/toy\n\tcd "${DISTDIR}" || die\n\tdoins ${A}\n}\n',
  more: 'S="${WORKDIR}"\n',
  ...more,
})

/** Nobody answers there, at once. */
const NOWHERE = 'http://127.0.0.1:9'

export const scenarios: Scenario[] = [
  {
    name: 'distfiles-renamed-and-conditional',
    proves: 'several distfiles, one of them renamed, and only that of the USE flag that is on',
    ebuilds: {
      'app-toy/several-1': installsSources(
        `${NOWHERE}/a.txt ${NOWHERE}/download?id=1 -> several-b.txt
	on? ( ${NOWHERE}/on.txt ) off? ( ${NOWHERE}/off.txt )`,
        { iuse: '+on off' },
      ),
    },
    files: Object.fromEntries(
      ['a.txt', 'several-b.txt', 'on.txt', 'off.txt'].map(name => [`${DISTDIR}/${name}`, `source ${name}\n`]),
    ),
    start: [{ shell: `rm ${DISTDIR}/off.txt` }],
    steps: [['app-toy/several']],
    check: 'cd /usr/share/toy; test -e several-b.txt; test -e on.txt; test ! -e off.txt',
  },
  {
    name: 'tarball-with-old-times',
    proves: 'times of files, modes and links of a tarball that is unpacked and installed are kept',
    start: [
      {
        shell: `
mkdir -p /usr/src/packed-1/sub; cd /usr/src
echo text > packed-1/file; echo '#!/bin/sh' > packed-1/sub/program; chmod 755 packed-1/sub/program
ln -s ../file packed-1/sub/link; touch -hd @1000000000 packed-1/sub/* packed-1/*
tar --sort=name --owner=0 --group=0 --mtime=@1000000000 -c packed-1 | xz > ${DISTDIR}/packed-1.tar.xz`,
      },
      {
        ebuilds: {
          'app-toy/packed-1': {
            srcUri: `${NOWHERE}/\${P}.tar.xz`,
            body: 'src_install() {\n\tinsinto /usr/share/packed\n\tdoins -r .\n\tdodir /usr/lib\n\tcp -a . "${ED}/usr/lib/packed" || die\n\ttouch -h "${ED}/usr/lib/packed/sub/link" || die\n}\n',
          },
        },
      },
    ],
    steps: [['app-toy/packed']],
    check: `cd /usr/lib/packed; test "$(stat -c %Y file)" = 1000000000; test -x sub/program; test -L sub/link
      test "$(stat -c %a /usr/share/packed/sub/program)" = 644`,
  },
  {
    name: 'mirror-directory',
    proves: 'sources that only a directory of GENTOO_MIRRORS has are found',
    ebuilds: { 'app-toy/mirrored-1': installsSources(`${NOWHERE}/mirrored-1.txt`) },
    files: { [`${DISTDIR}/mirrored-1.txt`]: 'from a directory\n' },
    start: [
      {
        shell: `mkdir -p /usr/local/mirror; mv ${DISTDIR}/mirrored-1.txt /usr/local/mirror/
          echo 'GENTOO_MIRRORS="/usr/local/mirror"' >> /etc/portage/make.conf`,
      },
    ],
    steps: [['app-toy/mirrored']],
    check: 'grep -qx "from a directory" /usr/share/toy/mirrored-1.txt',
  },
  {
    name: 'http-server',
    proves: 'sources that are fetched over the network are the same, wherever they are fetched',
    network: true,
    ebuilds: { 'app-toy/fetched-1': installsSources('http://10.77.0.10:8000/fetched-1.txt', { restrict: 'mirror' }) },
    files: { [`${DISTDIR}/fetched-1.txt`]: 'from a server\n' },
    start: [
      {
        shell: `mkdir -p /usr/local/www; mv ${DISTDIR}/fetched-1.txt /usr/local/www/; cd /usr/local/www
          setsid python3 -m http.server 8000 </dev/null >/dev/null 2>&1 &
          for i in {1..50}; do (: </dev/tcp/10.77.0.10/8000) 2>/dev/null && exit; sleep 0.1; done; exit 1`,
      },
    ],
    steps: [['app-toy/fetched']],
    check: 'grep -qx "from a server" /usr/share/toy/fetched-1.txt',
  },
  {
    name: 'directories-that-are-links',
    proves: 'DISTDIR, PKGDIR, PORTAGE_TMPDIR and /var/log may be absolute links to another file system',
    ebuilds: {
      'app-toy/linked-1': installsSources(`${NOWHERE}/linked-1.txt`, { depend: 'app-toy/helper' }),
      'app-toy/helper-1': {},
    },
    files: { [`${DISTDIR}/linked-1.txt`]: 'by a link\n' },
    start: [
      {
        // /var/tmp is one of its own.
        shell: `mkdir -p /var/tmp/other /mnt/other; mount --bind /var/tmp/other /mnt/other; cd /mnt/other
          mkdir -m 1777 tmp; cp -a /var/log log; cp -a ${DISTDIR} distfiles; mkdir -p /var/cache/binpkgs; cp -a /var/cache/binpkgs .
          rm -rf /var/log ${DISTDIR} /var/cache/binpkgs
          ln -s /mnt/other/log /var/log; ln -s /mnt/other/distfiles /mnt/other/binpkgs /var/cache/; ln -s /mnt/other/tmp /var/work
          echo 'PORTAGE_TMPDIR="/var/work"' >>/etc/portage/make.conf`,
      },
    ],
    steps: [['app-toy/linked']],
    check: `grep -qx "by a link" /usr/share/toy/linked-1.txt; test -L /var/log; test -L ${DISTDIR}; test -L /var/cache/binpkgs
      grep -q "completed emerge .* app-toy/linked-1" /mnt/other/log/emerge.log`,
  },
  {
    name: 'wrong-checksum',
    proves: 'a distfile that is not the Manifest’s is refused: it is not built, what comes before it is installed',
    ebuilds: {
      'app-toy/forged-1': installsSources(`${NOWHERE}/forged-1.txt`, { rdepend: 'app-toy/honest' }),
      'app-toy/honest-1': {},
    },
    files: { [`${DISTDIR}/forged-1.txt`]: 'original\n' },
    start: [{ shell: `echo replaced > ${DISTDIR}/forged-1.txt; test "$(stat -c %s ${DISTDIR}/forged-1.txt)" = 9` }],
    steps: [{ emerge: ['app-toy/forged'], exit: 1 }],
    check: 'test ! -e /var/db/pkg/app-toy/forged-1; test -d /var/db/pkg/app-toy/honest-1',
    expect: { unbuilt: ['app-toy/forged-1'] },
  },
  {
    name: 'fetch-restricted',
    proves: 'a fetch-restricted package whose sources are here is sent to a host with them, and what needs it is built',
    ebuilds: {
      'app-toy/restricted-1': installsSources('restricted-1.txt', { restrict: 'fetch bindist' }),
      'app-toy/needs-it-1': { depend: 'app-toy/restricted', rdepend: 'app-toy/restricted' },
    },
    files: { [`${DISTDIR}/restricted-1.txt`]: 'bought\n' },
    steps: [['app-toy/needs-it']],
    check: 'grep -qx bought /usr/share/toy/restricted-1.txt; test -d /var/db/pkg/app-toy/needs-it-1',
  },
  {
    name: 'fetch-restricted-and-absent',
    proves: 'a fetch-restricted package without its sources fails, after pkg_nofetch was asked what to say',
    ebuilds: {
      'app-toy/restricted-1': installsSources('restricted-1.txt', {
        restrict: 'fetch',
        more: 'S="${WORKDIR}"\npkg_nofetch() { echo "buy ${A}" >> /var/tmp/told || die; }\n',
      }),
    },
    files: { [`${DISTDIR}/restricted-1.txt`]: 'bought\n' },
    start: [{ shell: `rm ${DISTDIR}/restricted-1.txt; install -m 666 /dev/null /var/tmp/told` }],
    steps: [{ emerge: ['app-toy/restricted'], exit: 1 }],
    check: 'grep -qx "buy restricted-1.txt" /var/tmp/told; test ! -e /var/db/pkg/app-toy/restricted-1',
    expect: { home: { 'app-toy/restricted-1': 'fetch' } },
  },
  {
    name: 'live-ebuild',
    proves: 'a live ebuild without keywords takes its sources in src_unpack from where they are on this system',
    ebuilds: {
      'app-toy/live-9999': {
        keywords: '',
        properties: 'live',
        body: `
src_unpack() { cp -r /usr/src/upstream "\${S}" || die; }
src_install() { insinto /usr/share/toy; doins revision; }
`,
        more: 'S="${WORKDIR}/live"\n',
      },
    },
    files: {
      '/usr/src/upstream/revision': 'abcdef\n',
      '/etc/portage/package.accept_keywords/scenario': 'app-toy/live **\n',
    },
    steps: [['app-toy/live']],
    check: 'grep -qx abcdef /usr/share/toy/revision; grep -q live /var/db/pkg/app-toy/live-9999/PROPERTIES',
  },
]

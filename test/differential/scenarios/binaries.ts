/** Binary packages that emerge makes, and that are there already. */
import type { Scenario } from '../scenario.ts'
import { seeing } from '../toys/seeing.ts'

/** A program of the farm's to build, whose dependency is a binary package in this format that was made before. */
const ready = (format: 'xpak' | 'gpkg'): Scenario => ({
  name: `usepkg-${format}`,
  proves: `--usepkg installs a ${format} that is in PKGDIR, and what is built then sees it`,
  ebuilds: {
    'dev-toy/packed-1': { more: 'pkg_postinst() { echo x >> "${EROOT}/usr/share/merged-times" || die; }\n' },
    'app-toy/program-1': {
      depend: 'dev-toy/packed',
      rdepend: 'dev-toy/packed',
      body: seeing('/usr/share/toy/packed-1'),
    },
  },
  files: { '/etc/portage/binpkg-format.conf': `BINPKG_FORMAT="${format}"\n` },
  start: [
    { shell: 'echo "source /etc/portage/binpkg-format.conf" >> /etc/portage/make.conf' },
    ['--buildpkg', '--oneshot', 'dev-toy/packed'],
    { shell: 'emerge --quiet --unmerge dev-toy/packed' },
  ],
  steps: [['--usepkg', 'app-toy/program']],
  check: `grep -qx /usr/share/toy/packed-1 /usr/share/toy/program-1; test "$(wc -l < /usr/share/merged-times)" = 2
    grep -q . /var/db/pkg/dev-toy/packed-1/BINPKGMD5
    find /var/cache/binpkgs -name '*.${format === 'xpak' ? 'xpak' : 'gpkg.tar'}' | grep -q packed`,
  expect: { ready: ['dev-toy/packed-1'] },
})

/** Makes binary packages signed, and verified, by a key of this system's own. */
const SIGNING = `export GNUPGHOME=/var/tmp/keys
  mkdir -p /run/lock
  mkdir -m 700 "$GNUPGHOME"
  gpg --batch --quiet --passphrase '' --quick-generate-key 'toys <toys@example.org>' ed25519 sign never
  gpg --batch --quiet --check-trustdb
  cat >>/etc/portage/make.conf <<END
BINPKG_FORMAT="gpkg"
FEATURES="\\\${FEATURES} binpkg-signing binpkg-request-signature"
BINPKG_GPG_SIGNING_KEY="toys@example.org"
BINPKG_GPG_SIGNING_GPG_HOME="$GNUPGHOME"
BINPKG_GPG_VERIFY_GPG_HOME="$GNUPGHOME"
GPG_VERIFY_USER_DROP=""
GPG_VERIFY_GROUP_DROP=""
END`

/** Signatures are asked for, and nobody here makes any. What is built in between here is needed by what hosts build. */
const unsigned = (format: 'xpak' | 'gpkg'): Scenario => ({
  name: `binpkg-request-signature-${format}`,
  proves: `where binary packages must be signed what hosts built (${format}) is merged as what is built here: nothing unsigned is left in PKGDIR`,
  ebuilds: {
    'dev-toy/lib-1': {},
    'dev-toy/here-1': { depend: 'dev-toy/lib', properties: 'interactive' },
    'app-toy/program-1': { depend: 'dev-toy/here', body: seeing('/usr/share/toy/here-1') },
  },
  start: [
    {
      shell: `cat >>/etc/portage/make.conf <<'END'
BINPKG_FORMAT="${format}"
FEATURES="\${FEATURES} getbinpkg binpkg-request-signature"
END`,
    },
  ],
  steps: [['app-toy/program']],
  check: `grep -qx /usr/share/toy/here-1 /usr/share/toy/program-1
    test -z "$(find /var/cache -name '*.gpkg.tar' -o -name '*.xpak')"; test -z "$(find /var/lib/portage-farm/unsigned -mindepth 1 2>/dev/null)"`,
  expect: { home: { 'dev-toy/here-1': 'interactive' } },
})

export const scenarios: Scenario[] = [
  ready('xpak'),
  ready('gpkg'),
  {
    name: 'usepkg-stale-use',
    proves: 'a binary package with other USE flags, and one of an older version, are not taken: both are built',
    ebuilds: {
      'dev-toy/flagged-1': {
        iuse: 'one',
        body: 'src_install() { insinto /usr/share/toy; newins - flagged <<< "$(usex one one -one)"; }\n',
      },
      'app-toy/program-1': { depend: 'dev-toy/flagged' },
    },
    start: [
      ['--buildpkg', 'app-toy/program'],
      { shell: 'emerge --quiet --unmerge dev-toy/flagged app-toy/program' },
      { files: { '/etc/portage/package.use/scenario': 'dev-toy/flagged one\n' } },
      { ebuilds: { 'app-toy/program-2': { depend: 'dev-toy/flagged' } } },
    ],
    steps: [['--usepkg', '--binpkg-respect-use=y', 'app-toy/program']],
    check: 'grep -qx one /usr/share/toy/flagged; test -d /var/db/pkg/app-toy/program-2',
  },
  {
    name: 'buildpkg',
    proves: '--buildpkg leaves a binary package of each in PKGDIR, from which the same can be installed again',
    ebuilds: { 'dev-toy/lib-1': {}, 'app-toy/program-1': { depend: 'dev-toy/lib', rdepend: 'dev-toy/lib' } },
    steps: [
      ['--buildpkg', 'app-toy/program'],
      { shell: 'emerge --quiet --unmerge app-toy/program dev-toy/lib' },
      { emerge: ['--usepkgonly', 'app-toy/program'], env: { PORTAGE_FARM: '0' } },
    ],
    check: 'test -d /var/db/pkg/app-toy/program-1; test -e /usr/share/toy/lib-1',
  },
  {
    name: 'buildpkgonly',
    proves: '--buildpkgonly leaves a binary package in PKGDIR and its index, and installs nothing',
    ebuilds: { 'app-toy/program-1': { depend: 'dev-toy/lib', rdepend: 'dev-toy/lib' }, 'dev-toy/lib-1': {} },
    start: [['--oneshot', 'dev-toy/lib']],
    steps: [['--buildpkgonly', 'app-toy/program']],
    check: `test ! -e /var/db/pkg/app-toy; test ! -e /usr/share/toy/program-1
      grep -qx 'CPV: app-toy/program-1' /var/cache/binpkgs/Packages; ! grep -q toy /var/lib/portage/world`,
  },
  unsigned('xpak'),
  unsigned('gpkg'),
  {
    name: 'signed-packages',
    proves:
      'with binpkg-signing what hosts build is signed here; with binpkg-request-signature it is verified and installed',
    ebuilds: {
      'dev-toy/signed-1': {},
      'dev-toy/lib-1': {},
      'app-toy/program-1': { depend: 'dev-toy/signed dev-toy/lib', body: seeing('/usr/share/toy/signed-1') },
    },
    prepare: async client => {
      await client.must(['bash', '-ec', SIGNING])
    },
    start: [
      ['--buildpkg', '--oneshot', 'dev-toy/signed'],
      ['--unmerge', 'dev-toy/signed'],
    ],
    steps: [['--buildpkg', '--usepkg', 'app-toy/program']],
    check: `grep -qx /usr/share/toy/signed-1 /usr/share/toy/program-1
      for package in dev-toy/signed dev-toy/lib app-toy/program; do
        tar -tf /var/cache/binpkgs/$package/*.gpkg.tar | grep -q 'image[.]tar.*[.]sig$'
      done`,
    expect: { ready: ['dev-toy/signed-1'] },
  },
  {
    name: 'signature-missing',
    proves: 'with binpkg-request-signature a package without a signature is refused, as emerge refuses it',
    ebuilds: { 'dev-toy/unsigned-1': {}, 'app-toy/program-1': { depend: 'dev-toy/unsigned' } },
    start: [
      { shell: 'echo \'BINPKG_FORMAT="gpkg"\' >>/etc/portage/make.conf' },
      ['--buildpkg', '--oneshot', 'dev-toy/unsigned'],
      { shell: 'emerge --quiet --unmerge dev-toy/unsigned' },
      { shell: SIGNING },
    ],
    steps: [{ emerge: ['--usepkg', 'app-toy/program'], exit: 1 }],
    check: 'test ! -e /var/db/pkg/app-toy; test ! -e /var/db/pkg/dev-toy',
    expect: { unbuilt: ['app-toy/program-1'], ready: ['dev-toy/unsigned-1'] },
  },
]

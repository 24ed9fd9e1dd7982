/** Which phases run where, with what variables, and what is left when one of them fails. */
import type { ToyOptions } from '../../lab/repo.ts'
import type { Scenario } from '../scenario.ts'

/** Appends a line to a file of this system. */
const note = (text: string): string => `echo "${text}" >> "\${EROOT}/usr/share/toy-notes" || die`

/** A toy that fails in a src_ phase. */
const dying = (phase: string): ToyOptions => ({ more: `src_${phase}() { die "not today"; }\n` })

const ECLASSES = '/var/db/repos/gentoo/eclass'

export const scenarios: Scenario[] = [
  {
    name: 'pkg-pretend-allows',
    proves: 'pkg_pretend runs before anything is built, and what it says is kept',
    ebuilds: { 'app-toy/pretends-1': { more: 'pkg_pretend() { ewarn "looked before"; }\n' } },
    steps: [['app-toy/pretends']],
    check:
      'test -d /var/db/pkg/app-toy/pretends-1; grep -q "looked before" /var/log/portage/elog/app-toy:pretends-1:*.log',
  },
  {
    name: 'pkg-pretend-refuses',
    proves: 'a pkg_pretend that dies ends the merge before anything is built, also of the other packages',
    ebuilds: {
      'app-toy/pretends-1': { more: 'pkg_pretend() { die "not here"; }\n' },
      'app-toy/other-1': {},
    },
    steps: [{ emerge: ['app-toy/other', 'app-toy/pretends'], exit: 1 }],
    check: 'test ! -e /var/db/pkg/app-toy/other-1; test ! -e /var/db/pkg/app-toy/pretends-1',
    expect: { unbuilt: ['app-toy/other-1', 'app-toy/pretends-1'] },
  },
  {
    name: 'phases-of-an-update',
    proves: 'the pkg_ phases of the old and of the new version run in their order, and know of each other',
    ebuilds: {
      'app-toy/updated-1': {
        more: `
pkg_preinst() { ${note('1 preinst [${REPLACING_VERSIONS}]')}; }
pkg_postinst() { ${note('1 postinst [${REPLACING_VERSIONS}]')}; }
pkg_prerm() { ${note('1 prerm [${REPLACED_BY_VERSION}]')}; }
pkg_postrm() { ${note('1 postrm [${REPLACED_BY_VERSION}]')}; }
`,
      },
    },
    start: [
      ['app-toy/updated'],
      {
        ebuilds: {
          'app-toy/updated-2': {
            more: `
pkg_preinst() { ${note('2 preinst [${REPLACING_VERSIONS}]')}; }
pkg_postinst() { ${note('2 postinst [${REPLACING_VERSIONS}]')}; }
pkg_prerm() { ${note('2 prerm [${REPLACED_BY_VERSION}]')}; }
pkg_config() { ${note('2 config')}; }
`,
          },
        },
      },
    ],
    steps: [['--update', 'app-toy/updated']],
    check: `printf '%s\\n' '1 preinst []' '1 postinst []' '2 preinst [1]' '1 prerm [2]' '1 postrm [2]' '2 postinst [1]' |
      cmp - /usr/share/toy-notes`,
  },
  {
    name: 'prerm-of-the-old-dies',
    proves: 'an update goes on when pkg_prerm of the old version dies, and ends as with plain emerge',
    ebuilds: { 'app-toy/clings-1': { more: 'pkg_prerm() { die "I stay"; }\n' } },
    start: [['app-toy/clings'], { ebuilds: { 'app-toy/clings-2': {} } }],
    steps: [['--update', 'app-toy/clings']],
    check: 'test -d /var/db/pkg/app-toy/clings-2',
  },
  {
    name: 'src-phases-die',
    proves: 'packages that die in src_ phases, and what needs them, are not installed; what comes before is',
    ebuilds: {
      'app-toy/no-unpack-1': dying('unpack'),
      'app-toy/no-configure-1': { ...dying('configure'), rdepend: 'app-toy/good' },
      'app-toy/no-install-1': {
        body: 'src_install() { nonfatal doins nothing; nonfatal die -n "soft"; die "hard"; }\n',
      },
      'app-toy/needs-one-1': { depend: 'app-toy/no-unpack', rdepend: 'app-toy/no-unpack' },
      'app-toy/good-1': {},
    },
    steps: [
      { emerge: ['app-toy/needs-one'], exit: 1 },
      { emerge: ['app-toy/no-configure'], exit: 1 },
      { emerge: ['app-toy/no-install'], exit: 1 },
    ],
    check: 'cd /var/db/pkg/app-toy; test "$(ls -A)" = good-1',
    expect: {
      unbuilt: ['app-toy/no-unpack-1', 'app-toy/no-configure-1', 'app-toy/no-install-1', 'app-toy/needs-one-1'],
    },
  },
  {
    name: 'preinst-dies',
    proves: 'a package whose pkg_preinst dies is not installed, nor what needs it',
    ebuilds: {
      'app-toy/balks-1': { more: 'pkg_preinst() { die "at the last moment"; }\n' },
      'app-toy/needs-it-1': { rdepend: 'app-toy/balks' },
    },
    steps: [{ emerge: ['app-toy/needs-it'], exit: 1 }],
    check:
      'test ! -e /var/db/pkg/app-toy/balks-1; test ! -e /usr/share/toy/balks-1; test ! -e /usr/share/toy/needs-it-1',
  },
  {
    name: 'postinst-dies',
    proves: 'a package whose pkg_postinst dies is there, and emerge fails',
    ebuilds: { 'app-toy/stumbles-1': { more: 'pkg_postinst() { die "too late"; }\n' } },
    steps: [{ emerge: ['app-toy/stumbles'], exit: 1 }],
    check: 'test -d /var/db/pkg/app-toy/stumbles-1; test -e /usr/share/toy/stumbles-1',
  },
  {
    name: 'setup-and-later-phases',
    proves: 'what pkg_setup sets reaches src_ phases, and pkg_postinst has what pkg_setup says on this system',
    ebuilds: {
      'app-toy/prepared-1': {
        iuse: '+flag',
        body: `
pkg_setup() {
	SET_UP="$(usex flag on off) in \${EBUILD_PHASE}"
	export EXPORTED_SETUP="exported"
	[[ -e \${EROOT}/etc/toy-host ]] && SEEN_HERE="$(<"\${EROOT}/etc/toy-host")"
}
src_configure() { CONFIGURED="\${SET_UP}, configured"; }
src_install() {
	insinto /usr/share/toy
	newins - prepared <<< "\${CONFIGURED} \${EXPORTED_SETUP} \${SEEN_HERE}"
}
pkg_postinst() { ${note('${EXPORTED_SETUP} ${SEEN_HERE}')}; }
`,
      },
    },
    files: { '/etc/toy-host': 'this system\n' },
    steps: [['app-toy/prepared']],
    check: `grep -qx "on in setup, configured exported this system" /usr/share/toy/prepared
      grep -qx "exported this system" /usr/share/toy-notes`,
  },
  {
    name: 'eapis-6-7-8',
    proves: 'ebuilds of EAPI 6, 7 and 8 are built each by its own rules',
    ebuilds: {
      'app-toy/six-1': {
        eapi: '6',
        body: 'src_install() {\n\tinsinto /usr/share/toy\n\tnewins - six <<< "${ED: -1} $(type -t ver_cut)"\n\tdohtml -r . \n}\n',
      },
      'app-toy/seven-1.2.3': {
        eapi: '7',
        body: 'src_install() {\n\tinsinto /usr/share/toy\n\tnewins - seven <<< "${ED: -1} $(ver_cut 1-2) $(type -t dosed)"\n\tdostrip -x /\n}\n',
      },
      'app-toy/eight-1': {
        eapi: '8',
        body: 'src_install() {\n\tinsopts -m0600\n\tinsinto /usr/share/toy\n\tnewins - eight <<< "$(ver_replacing -eq 1; echo $?)"\n\tdodir /usr/lib/eight\n\tdosym -r /usr/share/toy/eight /usr/lib/eight/link\n\tnewconfd - eight <<< x\n}\n',
      },
    },
    steps: [['app-toy/six', 'app-toy/seven', 'app-toy/eight']],
    check: `cd /usr/share/toy; test "$(cat six)" = "/ "; grep -q " 1.2 " seven
      test "$(readlink /usr/lib/eight/link)" = ../../share/toy/eight; test "$(stat -c %a /etc/conf.d/eight)" = 644`,
  },
  {
    name: 'eclass-exports-phases',
    proves: 'phases that eclasses export, one through another, run here and there, and INHERITED says so',
    ebuilds: {
      'app-toy/heir-1': { inherit: 'toy-middle', body: 'src_install() {\n\ttoy-middle_src_install\n}\n' },
    },
    files: {
      [`${ECLASSES}/toy-base.eclass`]: `
case \${EAPI} in 8) ;; *) die "EAPI" ;; esac
if [[ -z \${_TOY_BASE_ECLASS} ]]; then
_TOY_BASE_ECLASS=1
IUSE="base-flag"
TOY_BASE=( "from the" base )
toy-base_src_compile() { echo "\${TOY_BASE[*]}" > made || die; }
toy-base_pkg_postinst() { ${note('base postinst of ${PN}')}; }
fi
EXPORT_FUNCTIONS src_compile pkg_postinst
`,
      [`${ECLASSES}/toy-middle.eclass`]: `
inherit toy-base
toy-middle_src_install() { insinto /usr/share/toy; newins made "\${PN}"; }
toy-middle_pkg_preinst() { TOY_PREINST="middle preinst"; }
toy-middle_pkg_postinst() { toy-base_pkg_postinst; ${note('${TOY_PREINST}')}; }
EXPORT_FUNCTIONS src_install pkg_preinst pkg_postinst
`,
    },
    steps: [['app-toy/heir']],
    check: `grep -qx "from the base" /usr/share/toy/heir; grep -q toy-middle /var/db/pkg/app-toy/heir-1/INHERITED
      printf 'base postinst of heir\\nmiddle preinst\\n' | cmp - /usr/share/toy-notes`,
  },
  {
    name: 'owner-made-by-another-package',
    proves: 'files belong to the user that a dependency made here, whatever its number was where they were built',
    ebuilds: {
      'sys-toy/user-a-1': { body: ' ', more: 'pkg_preinst() { useradd -r toy-a || die; }\n' },
      'sys-toy/user-b-1': {
        body: ' ',
        rdepend: 'sys-toy/user-a',
        more: 'pkg_preinst() { useradd -r toy-b || die; }\n',
      },
      'app-toy/owned-b-1': {
        depend: '!sys-toy/nothing',
        rdepend: 'sys-toy/user-b',
        bdepend: 'sys-toy/user-b',
        body: `
src_install() {
	keepdir /var/lib/toy-b
	echo x > file || die
	insinto /var/lib/toy-b
	doins file
	fowners -R toy-b:toy-b /var/lib/toy-b
	fperms 0750 /var/lib/toy-b
}
`,
      },
    },
    start: [{ shell: 'useradd -r toy-before' }],
    steps: [['app-toy/owned-b']],
    check:
      'test "$(stat -c %U:%G /var/lib/toy-b/file)" = toy-b:toy-b; test "$(stat -c %a:%U /var/lib/toy-b)" = 750:toy-b',
  },
  {
    name: 'flags-filtered-by-the-ebuild',
    proves: 'flags that an ebuild filters and appends are used for its build, and recorded as with plain emerge',
    ebuilds: {
      'app-toy/filters-1': {
        body: `
src_configure() {
	export CFLAGS="\${CFLAGS//-pipe/} -fno-strict-aliasing" LDFLAGS="-Wl,-O2"
	unset CXXFLAGS
}
src_install() {
	insinto /usr/share/toy
	newins - filters <<< "\${CFLAGS}|\${LDFLAGS}|\${CXXFLAGS-unset}"
}
`,
      },
    },
    steps: [['app-toy/filters']],
    check:
      'grep -q "^-O2 *-fno-strict-aliasing|-Wl,-O2|unset$" /usr/share/toy/filters; grep -q strict /var/db/pkg/app-toy/filters-1/CFLAGS',
  },
  {
    name: 'kernel-module',
    proves: 'a package that inherits a kernel module eclass is built here, and what needs it is built on a host',
    ebuilds: {
      'sys-toy/module-1': { inherit: 'linux-mod-r1' },
      'app-toy/needs-module-1': { depend: 'sys-toy/module', rdepend: 'sys-toy/module' },
    },
    files: { [`${ECLASSES}/linux-mod-r1.eclass`]: 'linux-mod-r1_pkg_setup() { :; }\nEXPORT_FUNCTIONS pkg_setup\n' },
    steps: [['app-toy/needs-module']],
    check: 'test -d /var/db/pkg/sys-toy/module-1; test -d /var/db/pkg/app-toy/needs-module-1',
    expect: { home: { 'sys-toy/module-1': 'kernel' } },
  },
  {
    name: 'interactive',
    proves: 'an interactive package is built here, where its user is',
    ebuilds: { 'app-toy/asks-1': { properties: 'interactive' } },
    steps: [['app-toy/asks']],
    check: 'grep -qx interactive /var/db/pkg/app-toy/asks-1/PROPERTIES',
    expect: { home: { 'app-toy/asks-1': 'interactive' } },
  },
]

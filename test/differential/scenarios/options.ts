/** Options of emerge that say what a merge list is made of, and how it is worked through. */
import type { Scenario } from '../scenario.ts'
import { seeing } from '../toys/seeing.ts'

export const scenarios: Scenario[] = [
  {
    name: 'onlydeps',
    proves: '--onlydeps installs what a package needs to build and to run, not itself, and none of it is in world',
    ebuilds: {
      'app-toy/program-1': { depend: 'dev-toy/builds', rdepend: 'dev-toy/runs' },
      'dev-toy/builds-1': { rdepend: 'dev-toy/deeper' },
      'dev-toy/runs-1': {},
      'dev-toy/deeper-1': {},
    },
    steps: [['--onlydeps', 'app-toy/program']],
    check: `cd /var/db/pkg; test -d dev-toy/builds-1; test -d dev-toy/runs-1; test -d dev-toy/deeper-1
      test ! -e app-toy/program-1; ! grep -q toy /var/lib/portage/world`,
  },
  {
    name: 'oneshot-and-downgrade',
    proves: '--oneshot of an older version replaces the newer one, whose scripts know by what, and leaves world alone',
    ebuilds: {
      'app-toy/moves-1': {},
      'app-toy/moves-2': {
        more: 'pkg_prerm() { echo "replaced by ${REPLACED_BY_VERSION}" > "${EROOT}/usr/share/moved" || die; }\n',
      },
    },
    start: [['--oneshot', 'app-toy/moves']],
    steps: [['--oneshot', '=app-toy/moves-1']],
    check: `test -d /var/db/pkg/app-toy/moves-1; test ! -e /usr/share/toy/moves-2
      grep -qx "replaced by 1" /usr/share/moved; ! grep -q moves /var/lib/portage/world`,
  },
  {
    name: 'reinstall-same-version',
    proves:
      'the same version again runs prerm, postrm and the new one’s scripts in their order, and removes what it lost',
    ebuilds: {
      'app-toy/again-1': {
        body: `
src_install() {
	insinto /usr/share/toy
	newins - stays <<< text
	has_version app-toy/again || newins - goes <<< text
}
pkg_preinst() { log preinst; }
pkg_postinst() { log postinst; }
pkg_prerm() { log prerm; }
pkg_postrm() { log postrm; }
log() { echo "\${1} replacing '\${REPLACING_VERSIONS}' by '\${REPLACED_BY_VERSION}'" >> "\${EROOT}/usr/share/again.log"; }
`,
      },
    },
    start: [['app-toy/again'], { shell: 'test -e /usr/share/toy/goes' }],
    steps: [['app-toy/again']],
    check: `test -e /usr/share/toy/stays; test ! -e /usr/share/toy/goes
      test "$(cut -d' ' -f1 /usr/share/again.log | xargs)" = "preinst postinst preinst prerm postrm postinst"`,
  },
  {
    name: 'noreplace-and-selective',
    proves: '--noreplace builds what is missing, leaves what is installed, and puts both into world',
    ebuilds: {
      'app-toy/installed-1': { more: 'pkg_postinst() { echo x >> "${EROOT}/usr/share/installed-times"; }\n' },
      'app-toy/missing-1': {},
    },
    start: [['--oneshot', 'app-toy/installed']],
    steps: [['--noreplace', 'app-toy/installed', 'app-toy/missing']],
    check: `test "$(wc -l < /usr/share/installed-times)" = 1; test -e /usr/share/toy/missing-1
      grep -qx app-toy/installed /var/lib/portage/world; grep -qx app-toy/missing /var/lib/portage/world`,
  },
  {
    name: 'exclude',
    proves: '--exclude keeps the installed version of a package, and the one that is built sees that',
    ebuilds: {
      'dev-toy/lib-1': {},
      'app-toy/program-1': { depend: 'dev-toy/lib', rdepend: 'dev-toy/lib' },
    },
    start: [
      ['app-toy/program'],
      {
        ebuilds: {
          'dev-toy/lib-2': {},
          'app-toy/program-2': {
            depend: 'dev-toy/lib',
            rdepend: 'dev-toy/lib',
            body: seeing('/usr/share/toy/lib-1', '/usr/share/toy/lib-2'),
          },
        },
      },
    ],
    steps: [['--update', '--deep', '--exclude', 'dev-toy/lib', '@world']],
    check: 'test "$(cat /usr/share/toy/program-2)" = "/usr/share/toy/lib-1\nno /usr/share/toy/lib-2"',
  },
  {
    name: 'nodeps',
    proves: '--nodeps installs what is named in the order of its names, and nothing that it needs',
    ebuilds: {
      'app-toy/program-1': {
        depend: 'dev-toy/never',
        rdepend: 'dev-toy/never',
        body: seeing('/usr/share/toy/other-1'),
      },
      'app-toy/other-1': { depend: 'dev-toy/never' },
      'dev-toy/never-1': {},
    },
    steps: [['--nodeps', 'app-toy/other', 'app-toy/program']],
    check: 'test -e /usr/share/toy/program-1; test -e /usr/share/toy/other-1; test ! -e /var/db/pkg/dev-toy',
  },
  {
    name: 'jobs-and-quiet',
    proves: '--jobs 3 --quiet of a graph with shared dependencies ends as one job after another does',
    ebuilds: {
      'app-toy/top-1': { depend: 'dev-toy/left dev-toy/right dev-toy/middle', rdepend: 'dev-toy/left' },
      'dev-toy/left-1': { depend: 'dev-toy/ground', rdepend: 'dev-toy/ground', seconds: 1 },
      'dev-toy/right-1': { depend: 'dev-toy/ground', body: seeing('/usr/share/toy/ground-1') },
      'dev-toy/middle-1': {},
      'dev-toy/ground-1': {},
    },
    steps: [['--jobs', '3', '--quiet', 'app-toy/top']],
    check: 'test -e /usr/share/toy/top-1; grep -qx /usr/share/toy/ground-1 /usr/share/toy/right-1',
  },
  {
    name: 'fail-clean',
    proves: '--fail-clean, yes or no, is recorded as one of FEATURES, and a failed build leaves no work directory here',
    ebuilds: {
      'app-toy/good-1': {},
      'app-toy/other-1': {},
      'app-toy/broken-1': { depend: 'app-toy/good', body: 'src_compile() { die "broken"; }\n' },
    },
    steps: [
      { emerge: ['--fail-clean=y', 'app-toy/broken'], exit: 1 },
      { emerge: ['--fail-clean=n', 'app-toy/other'], env: { FEATURES: 'fail-clean' } },
    ],
    check: `cd /var/db/pkg/app-toy; test "$(grep -lw fail-clean */FEATURES)" = good-1/FEATURES
      test ! -e /var/db/pkg/app-toy/broken-1; test ! -e /var/tmp/portage/app-toy/broken-1`,
    expect: { unbuilt: ['app-toy/broken-1'] },
  },
  {
    name: 'emptytree-of-world-and-system',
    proves: '--emptytree @world rebuilds @system and world with all that they need; @system is not recorded in world',
    ebuilds: {
      'sys-toy/base-1': { body: counted('base') },
      'dev-toy/lib-1': { body: counted('lib') },
      'app-toy/program-1': { rdepend: 'dev-toy/lib', body: counted('program') },
    },
    files: { '/var/db/repos/gentoo/profiles/base/packages': '*sys-toy/base\n' },
    start: [['sys-toy/base', 'app-toy/program']],
    steps: [['@system'], ['--emptytree', '@world']],
    check: `test "$(wc -l < /usr/share/base.times)" = 3; test "$(wc -l < /usr/share/lib.times)" = 2
      test "$(wc -l < /usr/share/program.times)" = 2; ! grep -q base /var/lib/portage/world`,
  },
]

/** Adds a line to /usr/share/NAME.times at each merge. */
function counted(name: string): string {
  return `
src_install() { insinto /usr/share/toy; newins - ${name} <<< text; }
pkg_postinst() { echo merged >> "\${EROOT}/usr/share/${name}.times" || die; }
`
}

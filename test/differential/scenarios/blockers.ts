/** Packages that must not be installed together. */
import type { Scenario } from '../scenario.ts'
import { seeing } from '../toys/seeing.ts'

const OLD = '/usr/share/toy/old-1'

/** Shows that it was unmerged, and when: what it notes outlives it. */
const NOTES_ITS_END = `
pkg_postrm() {
	local new=no
	[[ -e \${EROOT}/usr/share/toy/new-1 ]] && new=yes
	echo "new is there: \${new}" > "\${EROOT}/usr/share/old-postrm" || die
}
`

/** Notes which version of the library is there when it is merged. */
const NOTES_LIB = 'pkg_postinst() { best_version dev-toy/lib > "${EROOT}/usr/share/new-postinst" || die; }\n'

/** Owns a file that another package owns too. */
const sharing = (word: string): string => `
src_compile() { echo ${word} > shared || die; }
src_install() {
	insinto /usr/share/toy
	doins shared
	newins shared "\${PF}"
}
`

export const scenarios: Scenario[] = [
  {
    name: 'blocker-hard-refused',
    proves:
      'a hard blocker of an installed package is refused, since nothing is unmerged from / before what replaces it',
    ebuilds: { 'app-toy/old-1': {}, 'app-toy/new-1': { rdepend: '!!app-toy/old' } },
    start: [['--oneshot', 'app-toy/old']],
    steps: [{ emerge: ['app-toy/new'], exit: 1 }],
    check: 'test -d /var/db/pkg/app-toy/old-1; test ! -e /var/db/pkg/app-toy/new-1',
    expect: { farm: false },
  },
  {
    name: 'blocker-soft-uninstalls-after',
    proves: 'what a soft blocker names is there for the build, gives its file to the package, and is unmerged after it',
    ebuilds: {
      'app-toy/old-1': { body: sharing('old'), more: NOTES_ITS_END },
      'app-toy/new-1': {
        rdepend: '!app-toy/old',
        body: sharing('new'),
        more: `src_prepare() { default; [[ -e ${OLD} ]] || die "the old one is gone"; }\n`,
      },
    },
    start: [['--oneshot', 'app-toy/old']],
    steps: [['app-toy/new']],
    check: `grep -qx new /usr/share/toy/shared; test ! -e /var/db/pkg/app-toy/old-1; test ! -e ${OLD}
      grep -qx "new is there: yes" /usr/share/old-postrm`,
  },
  {
    name: 'blocker-solved-by-update',
    proves: 'a blocker of an old version is solved by its update, which the same merge list has',
    ebuilds: {
      'dev-toy/lib-1': {},
      'app-toy/new-1': {
        depend: 'dev-toy/lib',
        rdepend: '!<dev-toy/lib-2',
        body: seeing('/usr/share/toy/lib-1', '/usr/share/toy/lib-2'),
      },
    },
    start: [['dev-toy/lib'], { ebuilds: { 'dev-toy/lib-2': {} } }],
    steps: [['--update', 'app-toy/new', 'dev-toy/lib']],
    check: `test -d /var/db/pkg/dev-toy/lib-2; test ! -e /var/db/pkg/dev-toy/lib-1
      grep -qx "no /usr/share/toy/lib-1" /usr/share/toy/new-1`,
  },
  {
    name: 'blocker-hard-solved-by-update',
    proves: 'a hard blocker of an old version is solved by its update, which is merged before the package',
    ebuilds: {
      'dev-toy/lib-1': {},
      'app-toy/new-1': { depend: 'dev-toy/lib', rdepend: '!!<dev-toy/lib-2', more: NOTES_LIB },
    },
    start: [['dev-toy/lib'], { ebuilds: { 'dev-toy/lib-2': {} } }],
    steps: [['--update', 'app-toy/new', 'dev-toy/lib']],
    check: 'grep -qx dev-toy/lib-2 /usr/share/new-postinst',
  },
  {
    name: 'blocker-chain-in-one-list',
    proves: 'a package that replaces another, and the update of what used that, end with the replaced one unmerged',
    ebuilds: {
      'dev-toy/oldlib-1': {},
      'dev-toy/newlib-1': { rdepend: '!dev-toy/oldlib' },
      'app-toy/user-1': { depend: 'dev-toy/oldlib', rdepend: 'dev-toy/oldlib' },
      'app-toy/unrelated-1': {},
    },
    start: [
      ['app-toy/user'],
      {
        ebuilds: {
          'app-toy/user-2': {
            depend: 'dev-toy/newlib',
            rdepend: 'dev-toy/newlib',
            body: seeing('/usr/share/toy/newlib-1'),
          },
        },
      },
    ],
    steps: [['--update', '--deep', '@world', 'app-toy/unrelated']],
    check: `grep -qx /usr/share/toy/newlib-1 /usr/share/toy/user-2; test -d /var/db/pkg/app-toy/unrelated-1
      test ! -e /var/db/pkg/dev-toy/oldlib-1; test ! -e /var/db/pkg/app-toy/user-1`,
  },
  {
    name: 'blocker-refused',
    proves: 'two packages that block each other are refused, and nothing is changed',
    ebuilds: { 'app-toy/left-1': { rdepend: '!!app-toy/right' }, 'app-toy/right-1': {} },
    steps: [{ emerge: ['app-toy/left', 'app-toy/right'], exit: 1 }],
    check: 'test ! -e /var/db/pkg/app-toy; ! grep -q toy /var/lib/portage/world',
    expect: { farm: false },
  },
]

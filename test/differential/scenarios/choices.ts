/** What decides which packages, versions and flags a merge list has. */
import type { Scenario, Step } from '../scenario.ts'
import { seeing } from '../toys/seeing.ts'

/** A toy that installs the USE flags of its own that it was built with. */
const flagged = (...flags: string[]): string => `
src_install() {
	insinto /usr/share/toy
	newins - "\${PF}" <<< "${flags.map(flag => `$(usex ${flag} ${flag} -${flag})`).join(' ')}"
}
`

/** Makes a second configuration root with the same farm.yaml, and changes its etc/portage by a script. */
const alternative = (change: string): Step => ({
  shell: `
mkdir -p /srv/alternative/etc/portage
cd /srv/alternative/etc/portage
cp -r /etc/portage/make.conf /etc/portage/repos.conf .
ln -s "$(readlink -f /etc/portage/make.profile)" make.profile
ln -s /etc/portage/farm.yaml farm.yaml
${change}`,
})

export const scenarios: Scenario[] = [
  {
    name: 'use-conditional-dependencies',
    proves: 'dependencies under USE flags, and those that ask for flags of another package, follow package.use',
    ebuilds: {
      'app-toy/chooser-1': {
        iuse: 'extra other',
        depend: 'extra? ( dev-toy/lib[feature] ) !extra? ( dev-toy/unwanted ) other? ( dev-toy/unwanted )',
        rdepend: 'extra? ( dev-toy/lib[feature] ) !other? ( dev-toy/fallback )',
        body: seeing('/usr/share/toy/lib-1', '/usr/share/toy/unwanted-1'),
      },
      'dev-toy/lib-1': { iuse: 'feature', body: flagged('feature') },
      'dev-toy/fallback-1': {},
      'dev-toy/unwanted-1': {},
    },
    files: { '/etc/portage/package.use/scenario': 'app-toy/chooser extra\ndev-toy/lib feature\n' },
    steps: [['app-toy/chooser']],
    check: `test -d /var/db/pkg/dev-toy/fallback-1; test ! -e /var/db/pkg/dev-toy/unwanted-1; grep -qx feature /usr/share/toy/lib-1
      grep -qx /usr/share/toy/lib-1 /usr/share/toy/chooser-1
      grep -qx "dev-toy/lib\\[feature\\] dev-toy/fallback" /var/db/pkg/app-toy/chooser-1/RDEPEND`,
  },
  {
    name: 'any-of-groups',
    proves: 'an || of groups takes the group of which a part is installed, and || with nothing installed its first',
    ebuilds: {
      'app-toy/asks-1': {
        depend: '|| ( ( dev-toy/a dev-toy/b ) ( dev-toy/c dev-toy/d ) ) || ( dev-toy/first dev-toy/second )',
        body: seeing('/usr/share/toy/a-1', '/usr/share/toy/c-1', '/usr/share/toy/d-1', '/usr/share/toy/first-1'),
      },
      ...Object.fromEntries(['a', 'b', 'c', 'd', 'first', 'second'].map(name => [`dev-toy/${name}-1`, {}])),
    },
    start: [['dev-toy/c', 'dev-toy/d'], { shell: 'emerge --quiet --unmerge dev-toy/d' }],
    steps: [['app-toy/asks']],
    check:
      'test -e /usr/share/toy/first-1; test ! -e /usr/share/toy/second-1; grep -q toy/first-1 /usr/share/toy/asks-1',
  },
  {
    name: 'use-from-the-environment',
    proves: 'USE and CFLAGS that the caller exports are those of the build and of the vdb, over package.use’s absence',
    ebuilds: {
      'app-toy/flags-1': {
        iuse: 'one +two',
        body: `
src_install() {
	insinto /usr/share/toy
	newins - flags <<< "$(usev one) $(usev two) \${CFLAGS}"
}
`,
      },
    },
    steps: [{ emerge: ['app-toy/flags'], env: { USE: 'one -two', CFLAGS: '-O1 -fno-common' } }],
    check: 'grep -qx "one  -O1 -fno-common" /usr/share/toy/flags; grep -q -- "-O1" /var/db/pkg/app-toy/flags-1/CFLAGS',
  },
  {
    name: 'features-from-the-environment',
    proves: 'FEATURES that the caller exports add to those of make.conf, and act on the build',
    ebuilds: {
      'app-toy/documented-1': {
        body: 'src_install() {\n\tinsinto /usr/share/toy\n\tnewins - documented <<< text\n\tnewdoc - about <<< text\n}\n',
      },
    },
    steps: [{ emerge: ['app-toy/documented'], env: { FEATURES: 'nodoc' } }],
    check: 'test -e /usr/share/toy/documented; test ! -e /usr/share/doc/documented-1',
  },
  {
    name: 'config-root',
    proves: 'a configuration root of its own, by --config-root, is the one that the build has',
    ebuilds: { 'app-toy/configured-1': { iuse: 'one two', body: flagged('one', 'two') } },
    files: { '/etc/portage/package.use/scenario': 'app-toy/configured two\n' },
    start: [alternative(`echo 'app-toy/configured one' > package.use; echo 'CFLAGS="-O1"' >> make.conf`)],
    steps: [['--config-root=/srv/alternative', 'app-toy/configured']],
    check: 'grep -qx "one -two" /usr/share/toy/configured-1; grep -qx -- -O1 /var/db/pkg/app-toy/configured-1/CFLAGS',
  },
  {
    name: 'portage-configroot',
    proves: 'a configuration root of its own, by PORTAGE_CONFIGROOT, is the one that the build has',
    ebuilds: { 'app-toy/configured-1': { iuse: 'one two', body: flagged('one', 'two') } },
    files: { '/etc/portage/package.use/scenario': 'app-toy/configured two\n' },
    start: [
      alternative(`echo 'app-toy/configured one' > package.use
        mkdir env; echo 'TOY="from the alternative"' > env/toy.conf; echo 'app-toy/configured toy.conf' > package.env`),
    ],
    steps: [{ emerge: ['app-toy/configured'], env: { PORTAGE_CONFIGROOT: '/srv/alternative' } }],
    check: `grep -qx "one -two" /usr/share/toy/configured-1
      bzcat /var/db/pkg/app-toy/configured-1/environment.bz2 | grep -q "from the alternative"`,
  },
  {
    name: 'autounmask-continues',
    proves: 'what autounmask writes into /etc/portage and goes on with is what the same emerge builds with',
    ebuilds: {
      'app-toy/wants-1': { depend: 'dev-toy/testing[feature]', rdepend: 'dev-toy/testing[feature]' },
      'dev-toy/testing-1': { keywords: '~amd64 ~arm64', iuse: 'feature', body: flagged('feature') },
    },
    steps: [['--autounmask=y', '--autounmask-write=y', '--autounmask-continue=y', 'app-toy/wants']],
    check: `grep -qx feature /usr/share/toy/testing-1; grep -rq "dev-toy/testing-1.*feature" /etc/portage/package.use
      grep -rq dev-toy/testing-1 /etc/portage/package.accept_keywords`,
  },
  {
    name: 'update-deep-newuse',
    proves: '--update --deep --newuse rebuilds for a changed flag and for a new one, and updates what world needs',
    ebuilds: {
      'app-toy/program-1': { rdepend: 'dev-toy/deep', iuse: 'one', body: flagged('one') },
      'dev-toy/deep-1': {},
      'app-toy/growing-1': {},
      'app-toy/untouched-1': {},
    },
    start: [
      ['app-toy/program', 'app-toy/growing', 'app-toy/untouched'],
      { files: { '/etc/portage/package.use/scenario': 'app-toy/program one\n' } },
      { ebuilds: { 'dev-toy/deep-2': {}, 'app-toy/growing-1': { iuse: 'fresh', body: flagged('fresh') } } },
    ],
    steps: [['--update', '--deep', '--newuse', '@world']],
    check: `grep -qx one /usr/share/toy/program-1; test -d /var/db/pkg/dev-toy/deep-2
      grep -qx -e -fresh /usr/share/toy/growing-1`,
  },
  {
    name: 'changed-use',
    proves: '--changed-use rebuilds for a changed flag, not for one that is new and off',
    ebuilds: {
      'app-toy/program-1': { iuse: 'one', body: flagged('one') },
      'app-toy/growing-1': {},
    },
    start: [
      ['app-toy/program', 'app-toy/growing'],
      { files: { '/etc/portage/package.use/scenario': 'app-toy/program one\n' } },
      { ebuilds: { 'app-toy/growing-1': { iuse: 'fresh', body: flagged('fresh') } } },
    ],
    steps: [['--update', '--changed-use', '@world']],
    check: `grep -qx one /usr/share/toy/program-1; ! grep -q fresh /usr/share/toy/growing-1`,
  },
  {
    name: 'with-test-deps',
    proves: 'dependencies of tests are installed before a build with FEATURES=test, which runs its tests',
    ebuilds: {
      'app-toy/tested-1': {
        iuse: 'test',
        restrict: '!test? ( test )',
        depend: 'test? ( dev-toy/checker )',
        body: `
src_test() { cp "\${ESYSROOT}/usr/share/toy/checker-1" checked || die; }
src_install() { insinto /usr/share/toy; newins checked tested; }
`,
      },
      'dev-toy/checker-1': {},
    },
    files: {
      '/etc/portage/env/test.conf': 'FEATURES="test"\n',
      '/etc/portage/package.env/scenario': 'app-toy/tested test.conf\n',
    },
    steps: [['--with-test-deps=y', 'app-toy/tested']],
    check: 'grep -q dev-toy/checker-1 /usr/share/toy/tested; grep -qw test /var/db/pkg/app-toy/tested-1/USE',
  },
  {
    name: 'runtime-cycle',
    proves: 'two packages that need each other at run time, and a third that needs them to build, are installed',
    ebuilds: {
      'dev-toy/hen-1': { rdepend: 'dev-toy/egg' },
      'dev-toy/egg-1': { rdepend: 'dev-toy/hen' },
      'app-toy/farmer-1': { depend: 'dev-toy/hen', body: seeing('/usr/share/toy/hen-1', '/usr/share/toy/egg-1') },
    },
    steps: [['app-toy/farmer']],
    check: 'test "$(cat /usr/share/toy/farmer-1)" = "/usr/share/toy/hen-1\n/usr/share/toy/egg-1"',
  },
  {
    name: 'build-cycle-broken-by-installed',
    proves: 'a cycle of build dependencies is broken where what is installed will do, and each build sees what it saw',
    ebuilds: {
      'dev-toy/tool-1': {},
      'dev-toy/lib-1': { depend: 'dev-toy/tool', body: seeing('/usr/share/toy/tool-1') },
    },
    start: [
      ['dev-toy/tool', 'dev-toy/lib'],
      {
        ebuilds: {
          'dev-toy/tool-2': { depend: 'dev-toy/lib', body: seeing('/usr/share/toy/lib-1', '/usr/share/toy/lib-2') },
          'dev-toy/lib-2': {
            depend: 'dev-toy/tool',
            body: seeing('/usr/share/toy/tool-1', '/usr/share/toy/tool-2'),
          },
        },
      },
    ],
    steps: [['--update', '--deep', '@world']],
    check: 'grep -q "^no " /usr/share/toy/tool-2; grep -q "^no " /usr/share/toy/lib-2',
  },
  {
    name: 'slot-operator-of-installtime',
    proves: 'a := dependency in IDEPEND and RDEPEND is bound, and rebuilds its package for a new sub-slot',
    ebuilds: {
      'sys-toy/helper-1': { slot: '0/1', body: helper('one') },
      'app-toy/helped-1': {
        idepend: 'sys-toy/helper:=',
        rdepend: 'sys-toy/helper:=',
        more: 'pkg_postinst() { helper > "${EROOT}/usr/share/toy/helped-by" || die; }\n',
      },
    },
    start: [['app-toy/helped'], { ebuilds: { 'sys-toy/helper-2': { slot: '0/2', body: helper('two') } } }],
    steps: [['--update', '--deep', '@world']],
    check: `grep -qx two /usr/share/toy/helped-by
      grep -qx 'sys-toy/helper:0/2=' /var/db/pkg/app-toy/helped-1/RDEPEND`,
  },
  {
    name: 'rebuild-if-new-rev',
    proves: '--rebuild-if-new-rev rebuilds what was built against a package that is updated',
    ebuilds: {
      'dev-toy/header-1': {},
      'app-toy/against-1': {
        depend: 'dev-toy/header',
        body: seeing('/usr/share/toy/header-1', '/usr/share/toy/header-1-r1'),
      },
    },
    start: [['app-toy/against', 'dev-toy/header'], { ebuilds: { 'dev-toy/header-1-r1': {} } }],
    steps: [['--update', '--deep', '--with-bdeps=y', '--rebuild-if-new-rev=y', '@world']],
    check: 'grep -qx /usr/share/toy/header-1-r1 /usr/share/toy/against-1',
  },
]

function helper(says: string): string {
  return `src_install() {\n\tprintf "#!/bin/sh\\necho ${says}\\n" > helper || die\n\tdobin helper\n}\n`
}

/** Merge lists of which not everything can be built. */
import type { ToyOptions } from '../../lab/repo.ts'
import type { Scenario } from '../scenario.ts'
import { seeing } from '../toys/seeing.ts'

const BROKEN: ToyOptions = { body: 'src_compile() { die "broken"; }\n' }

/** Needs a file that stays on the client, by a name that no ebuild tells. It installs what is in there. */
const onlyHere = (name: string, depend = ''): ToyOptions => ({
  depend,
  rdepend: depend,
  body: `
src_compile() {
	local home=home
	cp "/\${home}/toy/${name}" ${name} || die "${name} is missing"
}
src_install() { insinto /usr/share/toy; doins ${name}; }
`,
})
const FILES_HERE = { '/home/toy/words': 'only here\n', '/home/toy/more': 'more of it\n' }

export const scenarios: Scenario[] = [
  {
    name: 'fails-everywhere',
    proves: 'a package that fails on hosts is built here, where it fails as with plain emerge: nothing else is begun',
    ebuilds: {
      'dev-toy/lib-1': {},
      'dev-toy/broken-1': { ...BROKEN, depend: 'dev-toy/lib', rdepend: 'dev-toy/lib' },
      'app-toy/program-1': { depend: 'dev-toy/broken', rdepend: 'dev-toy/broken' },
      'app-toy/second-1': { depend: 'app-toy/program' },
    },
    steps: [
      { emerge: ['app-toy/second'], exit: 1 },
      { emerge: ['--resume'], exit: 1 },
    ],
    check: 'cd /var/db/pkg; test "$(ls -d *-toy/*)" = dev-toy/lib-1; test ! -e /var/lib/portage/world',
    expect: {
      home: { 'dev-toy/broken-1': 'compile phase: broken' },
      unbuilt: ['app-toy/program-1', 'app-toy/second-1'],
    },
  },
  {
    name: 'fails-everywhere-keep-going',
    proves: 'with --keep-going and --jobs what does not need it is installed, and --resume has nothing left to do',
    ebuilds: {
      'dev-toy/lib-1': {},
      'dev-toy/broken-1': { ...BROKEN, depend: 'dev-toy/lib', rdepend: 'dev-toy/lib' },
      'app-toy/program-1': { depend: 'dev-toy/broken', rdepend: 'dev-toy/broken' },
      'app-toy/other-1': { depend: 'dev-toy/lib', rdepend: 'dev-toy/lib' },
      'app-toy/alone-1': {},
    },
    steps: [
      { emerge: ['--keep-going', '--jobs=3', 'app-toy/program', 'app-toy/other', 'app-toy/alone'], exit: 1 },
      ['--resume'],
    ],
    check: `cd /var/db/pkg; test "$(ls -d *-toy/* | tr '\\n' ' ')" = 'app-toy/alone-1 app-toy/other-1 dev-toy/lib-1 '`,
    expect: { home: { 'dev-toy/broken-1': 'compile phase: broken' }, unbuilt: ['app-toy/program-1'] },
  },
  {
    name: 'fails-only-on-hosts',
    proves: 'what misses on hosts a file that is here is built here, and hosts build with what came of it',
    ebuilds: {
      'dev-toy/words-1': onlyHere('words'),
      'app-toy/reader-1': { depend: 'dev-toy/words', rdepend: 'dev-toy/words', body: seeing('/usr/share/toy/words') },
      'app-toy/more-1': onlyHere('more', 'app-toy/reader'),
    },
    files: FILES_HERE,
    steps: [['app-toy/more']],
    check: 'grep -qx "only here" /usr/share/toy/words; grep -qx "more of it" /usr/share/toy/more',
    expect: {
      home: {
        'dev-toy/words-1': 'compile phase: words is missing',
        'app-toy/more-1': 'compile phase: more is missing',
      },
    },
  },
  {
    name: 'keep-going-drops-dependents',
    proves:
      '--keep-going after a failed update drops what needs that, and goes on with what its old version will do for',
    ebuilds: { 'dev-toy/lib-1': {} },
    start: [
      ['dev-toy/lib'],
      {
        ebuilds: {
          'dev-toy/lib-2': BROKEN,
          'app-toy/program-1': { depend: '>=dev-toy/lib-2' },
          'app-toy/second-1': { depend: 'app-toy/program' },
          'app-toy/content-1': { depend: 'dev-toy/lib', body: seeing('/usr/share/toy/lib-1') },
        },
      },
    ],
    steps: [{ emerge: ['--keep-going', '--update', 'dev-toy/lib', 'app-toy/second', 'app-toy/content'], exit: 1 }],
    check: `grep -qx /usr/share/toy/lib-1 /usr/share/toy/content-1
      cd /var/db/pkg; test -d dev-toy/lib-1; test ! -e app-toy/program-1; test ! -e app-toy/second-1
      grep -qx app-toy/content /var/lib/portage/world; ! grep -q second /var/lib/portage/world`,
    expect: { unbuilt: ['dev-toy/lib-2', 'app-toy/program-1', 'app-toy/second-1'] },
  },
  {
    name: 'resume-skipfirst',
    proves: 'a failure stops the list and leaves it for --resume, and --skipfirst goes on with the rest of it',
    ebuilds: {
      'dev-toy/broken-1': BROKEN,
      'app-toy/after-1': {},
      'app-toy/before-1': {},
    },
    // In this order, since each waits for the one before it.
    steps: [
      { emerge: ['--nodeps', 'app-toy/before', 'dev-toy/broken', 'app-toy/after'], exit: 1 },
      { shell: 'test -d /var/db/pkg/app-toy/before-1; test ! -e /var/db/pkg/app-toy/after-1' },
      { emerge: ['--resume'], exit: 1 },
      ['--resume', '--skipfirst'],
    ],
    check: 'test -d /var/db/pkg/app-toy/after-1; test ! -e /var/db/pkg/dev-toy',
    expect: { unbuilt: ['dev-toy/broken-1'] },
  },
  {
    name: 'resume-after-mending',
    proves: '--resume after the ebuild was mended builds what had failed and what needs it, with the first options',
    ebuilds: { 'dev-toy/broken-1': BROKEN, 'app-toy/program-1': { depend: 'dev-toy/broken' } },
    steps: [
      { emerge: ['--oneshot', 'app-toy/program'], exit: 1 },
      { ebuilds: { 'dev-toy/broken-1': {} } },
      ['--resume'],
    ],
    check: 'test -d /var/db/pkg/app-toy/program-1; ! grep -q toy /var/lib/portage/world',
    // Before it was mended.
    expect: { home: { 'dev-toy/broken-1': 'compile phase: broken' } },
  },
  {
    name: 'postinst-fails',
    proves: 'a package whose pkg_postinst fails is in the vdb all the same, and the exit code says so',
    ebuilds: { 'app-toy/halfway-1': { more: 'pkg_postinst() { exit 1; }\n' } },
    steps: [{ emerge: ['app-toy/halfway'], exit: 1 }],
    check: 'test -d /var/db/pkg/app-toy/halfway-1; test -e /usr/share/toy/halfway-1',
  },
  {
    name: 'collision-is-refused',
    proves: 'a package that would overwrite a file of another is not installed (FEATURES=protect-owned)',
    ebuilds: {
      'app-toy/first-1': { body: 'src_install() { insinto /usr/share/toy; newins - common <<< first; }\n' },
      'app-toy/second-1': { body: 'src_install() { insinto /usr/share/toy; newins - common <<< second; }\n' },
    },
    start: [['app-toy/first']],
    steps: [{ emerge: ['app-toy/second'], exit: 1 }],
    check: 'grep -qx first /usr/share/toy/common; test ! -e /var/db/pkg/app-toy/second-1',
  },
]

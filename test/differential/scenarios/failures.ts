/** Merge lists of which not everything can be built. */
import type { ToyOptions } from '../../lab/repo.ts'
import type { Scenario } from '../scenario.ts'
import { seeing } from '../toys/seeing.ts'

const BROKEN: ToyOptions = { body: 'src_compile() { die "broken"; }\n' }

export const scenarios: Scenario[] = [
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

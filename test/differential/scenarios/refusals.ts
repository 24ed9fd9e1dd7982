/** Merges that emerge refuses: the exit code, and nothing changed. */
import type { Scenario } from '../scenario.ts'

/** Nothing of a toy is there, also not in world. */
const NOTHING = 'test -z "$(ls /var/db/pkg)"; ! grep -q toy /var/lib/portage/world; test ! -e /usr/share/toy'

export const scenarios: Scenario[] = [
  {
    name: 'refused-mask-and-licence',
    proves: 'a masked package, one of a testing keyword and one whose licence is not accepted are refused',
    ebuilds: { 'app-toy/masked-1': {}, 'app-toy/testing-1': { keywords: '~amd64 ~arm64' }, 'app-toy/licensed-1': {} },
    files: {
      '/etc/portage/package.mask/scenario': 'app-toy/masked\n',
      '/etc/portage/package.license/scenario': 'app-toy/licensed -MIT\n',
    },
    steps: [
      { emerge: ['app-toy/masked'], exit: 1 },
      { emerge: ['app-toy/testing'], exit: 1 },
      { emerge: ['app-toy/licensed'], exit: 1 },
    ],
    check: NOTHING,
    expect: { farm: false },
  },
  {
    name: 'refused-missing-dependency',
    proves: 'a package that needs one which does not exist is refused before anything is built, also what could be',
    ebuilds: { 'app-toy/needy-1': { depend: 'dev-toy/fine dev-toy/missing' }, 'dev-toy/fine-1': {} },
    steps: [{ emerge: ['app-toy/needy'], exit: 1 }],
    check: NOTHING,
    expect: { farm: false },
  },
  {
    name: 'refused-required-use',
    proves: 'a package whose flags do not meet REQUIRED_USE is refused, and built with flags that do',
    ebuilds: { 'app-toy/strict-1': { iuse: 'one two', requiredUse: '^^ ( one two )' } },
    steps: [
      { emerge: ['app-toy/strict'], exit: 1 },
      { shell: 'test ! -e /var/db/pkg/app-toy; echo "app-toy/strict two" > /etc/portage/package.use/scenario' },
      ['app-toy/strict'],
    ],
    check: 'grep -qw two /var/db/pkg/app-toy/strict-1/USE',
  },
  {
    name: 'refused-slot-conflict',
    proves: 'two packages that need different versions of one slot are refused, and nothing is built',
    ebuilds: {
      'app-toy/old-fashioned-1': { rdepend: '<dev-toy/lib-2' },
      'app-toy/modern-1': { rdepend: '>=dev-toy/lib-2' },
      'dev-toy/lib-1': {},
      'dev-toy/lib-2': {},
    },
    steps: [{ emerge: ['app-toy/old-fashioned', 'app-toy/modern'], exit: 1 }],
    check: NOTHING,
    expect: { farm: false },
  },
]

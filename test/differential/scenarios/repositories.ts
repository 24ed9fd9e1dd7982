/** Several repositories, and what profiles say. */
import { PROFILE } from '../../lab/gentoo.ts'
import { ebuildText, type ToyOptions } from '../../lab/repo.ts'
import type { Seed } from '../../lab/seed.ts'
import type { Scenario } from '../scenario.ts'

const MAIN = '/var/db/repos/gentoo'
const OVERLAY = '/srv/overlay'

/** An overlay with these toys, which is preferred to the main repository. */
function overlay(toys: Record<string, ToyOptions>, settings = ''): Seed {
  const ebuilds = Object.entries(toys).map(([cpv, toy]) => {
    const directory = `${OVERLAY}/${cpv.replace(/-\d[^/]*$/, '')}`
    return [`${directory}/${cpv.replace(/.*\//, '')}.ebuild`, ebuildText(cpv, toy)] as const
  })
  return {
    '/etc/portage/repos.conf/overlay.conf': `[overlay]\nlocation = ${OVERLAY}\nauto-sync = no\npriority = 50\n${settings}`,
    [`${OVERLAY}/metadata/layout.conf`]: 'masters = gentoo\nthin-manifests = true\nsign-manifests = false\n',
    [`${OVERLAY}/profiles/repo_name`]: 'overlay\n',
    ...Object.fromEntries(ebuilds),
  }
}

/** Installs /usr/share/toy/PN with these words. */
const says = (words: string): string =>
  `src_install() {\n\tinsinto /usr/share/toy\n\tnewins - "\${PN}" <<< "${words}"\n}\n`

export const scenarios: Scenario[] = [
  {
    name: 'overlay-overrides',
    proves: 'the same version in two repositories is the overlay’s, by its priority, and the other’s by ::repository',
    ebuilds: { 'app-toy/both-1': { body: says('main') }, 'app-toy/asked-1': { body: says('main') } },
    files: overlay({ 'app-toy/both-1': { body: says('overlay') }, 'app-toy/asked-1': { body: says('overlay') } }),
    steps: [['app-toy/both', 'app-toy/asked::gentoo']],
    check: `grep -qx overlay /usr/share/toy/both; grep -qx overlay /var/db/pkg/app-toy/both-1/repository
      grep -qx main /usr/share/toy/asked; grep -qx gentoo /var/db/pkg/app-toy/asked-1/repository`,
  },
  {
    name: 'eclasses-of-repositories',
    proves:
      'an overlay’s ebuild gets the overlay’s eclass, then its master’s; eclass-overrides reaches the master’s own',
    ebuilds: { 'app-toy/plain-1': { inherit: 'toy', body: says('${TOY}') } },
    files: {
      ...overlay(
        { 'app-toy/over-1': { inherit: 'toy master', body: says('${TOY} ${MASTER}') } },
        '[gentoo]\neclass-overrides = second\n[second]\nlocation = /srv/second\nauto-sync = no\n',
      ),
      [`${OVERLAY}/eclass/toy.eclass`]: 'TOY="overlay"\n',
      [`${MAIN}/eclass/toy.eclass`]: 'TOY="main"\n',
      [`${MAIN}/eclass/master.eclass`]: 'MASTER="of the master"\n',
      '/srv/second/metadata/layout.conf': 'masters = gentoo\nthin-manifests = true\n',
      '/srv/second/profiles/repo_name': 'second\n',
      '/srv/second/eclass/toy.eclass': 'TOY="second"\n',
    },
    steps: [['app-toy/plain', 'app-toy/over']],
    check: 'grep -qx "overlay of the master" /usr/share/toy/over; grep -qx second /usr/share/toy/plain',
  },
  {
    name: 'profile-chain-across-repositories',
    proves:
      'a profile of an overlay with a parent in another repository gives its flags, masks and forces to the build',
    ebuilds: {
      'app-toy/profiled-1': {
        iuse: 'forced masked stable-masked plain',
        body: says('$(usev forced) $(usev masked) $(usev stable-masked) $(usev plain) ${FROM_CHILD} ${CFLAGS}'),
      },
    },
    files: {
      ...overlay({}),
      '/etc/portage/make.profile': { link: `../..${OVERLAY}/profiles/child` },
      [`${OVERLAY}/metadata/layout.conf`]: 'masters = gentoo\nthin-manifests = true\nprofile-formats = portage-2\n',
      [`${OVERLAY}/profiles/child/eapi`]: '8\n',
      [`${OVERLAY}/profiles/child/parent`]: `gentoo:${PROFILE}\n`,
      [`${OVERLAY}/profiles/child/make.defaults`]: 'USE="plain masked stable-masked"\nFROM_CHILD="child"\n',
      [`${OVERLAY}/profiles/child/package.use.force`]: 'app-toy/profiled forced\n',
      [`${OVERLAY}/profiles/child/package.use.mask`]: 'app-toy/profiled masked\n',
      [`${OVERLAY}/profiles/child/use.stable.mask`]: 'stable-masked\n',
    },
    steps: [['app-toy/profiled']],
    check: 'grep -qx "forced   plain child -O2 -pipe" /usr/share/toy/profiled',
  },
  {
    name: 'package-provided',
    proves: 'what package.provided names is not built and counts as installed, for what is built too',
    ebuilds: {
      'dev-toy/provided-1': {},
      'app-toy/program-1': { depend: '>=dev-toy/provided-1', rdepend: 'dev-toy/provided', body: says('built') },
    },
    files: { '/etc/portage/profile/package.provided': 'dev-toy/provided-1\n' },
    steps: [['app-toy/program']],
    check: 'grep -qx built /usr/share/toy/program; test ! -e /var/db/pkg/dev-toy',
  },
  {
    name: 'package-license',
    proves: 'a version whose licence package.license accepts is chosen over one that it does not, and built',
    ebuilds: { 'app-toy/licensed-1': { more: 'LICENSE="FREE"\n' }, 'app-toy/licensed-2': { more: 'LICENSE="EULA"\n' } },
    files: {
      '/etc/portage/package.license/scenario': '*/* -* @MINE\n',
      '/etc/portage/license_groups': 'MINE FREE\n',
      [`${MAIN}/profiles/license_groups`]: 'OTHERS MIT\n',
    },
    steps: [['app-toy/licensed']],
    check: 'test -d /var/db/pkg/app-toy/licensed-1; grep -qx FREE /var/db/pkg/app-toy/licensed-1/LICENSE',
  },
]

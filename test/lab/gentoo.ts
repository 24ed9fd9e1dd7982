/** What makes the client's root a little Gentoo: its configuration, and a repository with a profile. */
import type { Seed } from './seed.ts'

/** The ebuild repository of the toys. */
export const REPOSITORY = '/var/db/repos/gentoo'

/** The categories that its profile knows; `ebuild()` adds others. */
export const CATEGORIES = ['app-toy', 'dev-toy', 'sys-toy', 'virtual']

const [arch, chost] = process.arch === 'arm64' ? ['arm64', 'aarch64-pc-linux-gnu'] : ['amd64', 'x86_64-pc-linux-gnu']

/** The client's profile, by its name in profiles/. */
export const PROFILE = `default/linux/${arch}/23.0`

/** A directory of profiles/: its parents, and its other files. */
function profile(name: string, parents: string[], files: Record<string, string> = {}): Seed {
  const parent = parents.map(each => `${each}\n`).join('')
  const all = { eapi: '8\n', ...(parent !== '' && { parent }), ...files }
  return Object.fromEntries(Object.entries(all).map(([file, text]) => [`${REPOSITORY}/profiles/${name}/${file}`, text]))
}

const PROFILES: Seed = {
  ...profile('base', [], {
    // @system is empty: Debian has it all.
    packages: '',
    'make.defaults': `\
USE_EXPAND="ELIBC KERNEL USERLAND"
USE_EXPAND_HIDDEN="ELIBC KERNEL USERLAND"
IUSE_IMPLICIT="prefix prefix-guest"
USE_EXPAND_IMPLICIT="ARCH ELIBC KERNEL USERLAND"
USE_EXPAND_UNPREFIXED="ARCH"
USE_EXPAND_VALUES_ELIBC="glibc"
USE_EXPAND_VALUES_KERNEL="linux"
USE_EXPAND_VALUES_USERLAND="GNU"
`,
  }),
  ...profile('arch/base', []),
  ...profile(`arch/${arch}`, ['../base', '../../features/multilib/lib64'], {
    'make.defaults': `\
ARCH="${arch}"
ACCEPT_KEYWORDS="${arch}"
CHOST="${chost}"
USE="${arch}"
USE_EXPAND_VALUES_ARCH="${arch}"
`,
  }),
  ...profile('features/multilib/lib64', [], {
    'make.defaults': `\
LIBDIR_${arch}="lib64"
DEFAULT_ABI="${arch}"
ABI="${arch}"
MULTILIB_ABIS="${arch}"
`,
  }),
  ...profile('features/merged-usr', [], { 'use.mask': 'split-usr\n' }),
  ...profile('releases', ['../base']),
  ...profile('releases/23.0', ['..', '../../features/merged-usr']),
  ...profile('default/linux', [], {
    'make.defaults': `\
KERNEL="linux"
ELIBC="glibc"
USERLAND="GNU"
USE="elibc_glibc kernel_linux"
`,
  }),
  ...profile(`default/linux/${arch}`, ['../../../base', '..', `../../../arch/${arch}`]),
  ...profile(PROFILE, ['..', '../../../../releases/23.0']),
}

/** Where each file of a directory is read. */
const PACKAGE_DIRECTORIES = ['accept_keywords', 'env', 'license', 'mask', 'unmask', 'use']

export const GENTOO: Seed = {
  // As a stage 3 has it, but for what would only be waited for: FEATURES are Portage's own.
  '/etc/portage/make.conf': `\
COMMON_FLAGS="-O2 -pipe"
CFLAGS="\${COMMON_FLAGS}"
CXXFLAGS="\${COMMON_FLAGS}"
FCFLAGS="\${COMMON_FLAGS}"
FFLAGS="\${COMMON_FLAGS}"
CHOST="${chost}"
MAKEOPTS="-j2"
ACCEPT_LICENSE="*"

# This sets the language of build output to English.
LC_MESSAGES=C.UTF-8

PKGDIR="/var/cache/binpkgs"
DISTDIR="/var/cache/distfiles"
PORTAGE_LOGDIR="/var/log/portage"
# Nobody is reached from here, and the waits are for people.
GENTOO_MIRRORS=""
CLEAN_DELAY="0"
EMERGE_WARNING_DELAY="0"
`,
  '/etc/portage/repos.conf/gentoo.conf': `\
[DEFAULT]
main-repo = gentoo

[gentoo]
location = ${REPOSITORY}
auto-sync = no
`,
  // Nobody answers there, as on a train.
  '/etc/portage/binrepos.conf/gentoobinhost.conf': `\
[gentoobinhost]
priority = 1
sync-uri = https://binhost.invalid/releases/${arch}/binpackages/23.0/
`,
  ...Object.fromEntries(
    PACKAGE_DIRECTORIES.map(name => [`/etc/portage/package.${name}/README`, '# Each file here is read.\n']),
  ),
  '/etc/portage/make.profile': { link: `../..${REPOSITORY}/profiles/${PROFILE}` },
  [`${REPOSITORY}/metadata/layout.conf`]: `\
masters =
thin-manifests = true
sign-manifests = false
profile-formats = portage-2
cache-formats = md5-dict
`,
  [`${REPOSITORY}/profiles/repo_name`]: 'gentoo\n',
  [`${REPOSITORY}/profiles/arch.list`]: `${arch}\n`,
  [`${REPOSITORY}/profiles/categories`]: CATEGORIES.map(category => `${category}\n`).join(''),
  [`${REPOSITORY}/profiles/profiles.desc`]: `${arch} ${PROFILE} stable\n`,
  ...PROFILES,
}

/** What makes the client's root a little Gentoo: its configuration, and a repository with a profile. */
import type { Seed } from './seed.ts'

/** The ebuild repository of the toys. */
export const REPOSITORY = '/var/db/repos/gentoo'

/** The categories that its profile knows; `ebuild()` adds others. */
export const CATEGORIES = ['app-toy', 'dev-toy', 'sys-toy', 'virtual']

const [arch, chost] = process.arch === 'arm64' ? ['arm64', 'aarch64-pc-linux-gnu'] : ['amd64', 'x86_64-pc-linux-gnu']

export const GENTOO: Seed = {
  '/etc/portage/make.conf': `\
CHOST="${chost}"
COMMON_FLAGS="-O2 -pipe"
CFLAGS="\${COMMON_FLAGS}"
CXXFLAGS="\${COMMON_FLAGS}"
MAKEOPTS="-j2"
ACCEPT_LICENSE="*"

# The sandbox program is not in Debian; everything else is as Portage has it.
FEATURES="-sandbox -usersandbox -news"

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
  '/etc/portage/make.profile': { link: `../..${REPOSITORY}/profiles/default` },
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
  [`${REPOSITORY}/profiles/profiles.desc`]: `${arch} default stable\n`,
  [`${REPOSITORY}/profiles/default/eapi`]: '8\n',
  // @system is empty: Debian has it all.
  [`${REPOSITORY}/profiles/default/packages`]: '',
  [`${REPOSITORY}/profiles/default/make.defaults`]: `\
ARCH="${arch}"
ACCEPT_KEYWORDS="${arch}"
CHOST="${chost}"
KERNEL="linux"
ELIBC="glibc"
USERLAND="GNU"
USE="${arch} elibc_glibc kernel_linux"
USE_EXPAND="ELIBC KERNEL USERLAND"
USE_EXPAND_HIDDEN="ELIBC KERNEL USERLAND"
IUSE_IMPLICIT="prefix prefix-guest"
USE_EXPAND_IMPLICIT="ARCH ELIBC KERNEL USERLAND"
USE_EXPAND_UNPREFIXED="ARCH"
USE_EXPAND_VALUES_ARCH="${arch}"
USE_EXPAND_VALUES_ELIBC="glibc"
USE_EXPAND_VALUES_KERNEL="linux"
USE_EXPAND_VALUES_USERLAND="GNU"
LIBDIR_${arch}="lib64"
DEFAULT_ABI="${arch}"
ABI="${arch}"
MULTILIB_ABIS="${arch}"
`,
}

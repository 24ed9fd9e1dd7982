/**
 * What two runs of the same emerge never have in common, and what a farm leaves that plain emerge does not: the whole of
 * what the comparison does not look at. docs/differential.md shows this list.
 */

/** Paths that no snapshot looks into. */
export const SKIPPED: Record<string, string> = {
  '/proc': 'the kernel',
  '/sys': 'the kernel',
  '/dev': 'made at each boot',
  '/run': 'made at each boot',
  '/tmp': 'made at each boot',
  '/mnt': 'left by the boot of the lab',
  '/root/.ssh': 'the keys by which the client reaches its hosts',
  '/var/tmp': 'work directories of builds, which are on the hosts',
  '/var/cache/binpkgs': 'every package of a farmed merge leaves a binary package in PKGDIR',
  '/var/cache/distfiles': 'sources are fetched where a package is built',
  '/var/cache/edb': "Portage's caches; the resume lists in them are compared",
  '/var/cache/ldconfig': 'has inode numbers',
  '/var/cache/portage-farm': "the farm's own store",
  '/var/lib/portage-farm': "the farm's own state",
  '/var/log/emerge.log': 'has times; its merge lines are compared',
  '/var/log/emerge-fetch.log': 'written where a package is fetched',
  '/var/log/portage': 'build logs have times and paths; elog messages in it are compared',
  '/var/log/sshd.log': 'of the lab',
  '/var/log/lastlog': 'of the lab',
  '/etc/portage/farm.yaml': 'asks for the farm',
  '/etc/portage/bashrc': "has the farm's hook at its end",
  '/etc/portage/bashrc.d/50-portage-farm.sh': "the farm's hook",
  '/usr/local/bin/portage-farm': 'the farm itself',
  '/usr/local/lib/node_modules': 'the farm itself',
  '/usr/local/sbin/emerge': 'the farm itself',
}

/** Names of directories that no snapshot looks into, wherever they are. */
export const SKIPPED_NAMES: Record<string, string> = {
  __pycache__: "Python's, made by whoever first imports a module",
}

/**
 * Fields of a package's entry in the vdb that are different after each merge. Each is a file, a line of `metadata`, or a
 * variable of environment.bz2 by that name; that there is one is compared, except for those in `ONLY_OF_BINARIES`.
 */
export const VOLATILE: Record<string, string> = {
  BUILD_TIME: 'the time of the build',
  COUNTER: 'the number of the merge; packages that do not depend on each other are merged in any order',
  '#dir_mtime': "the time of the entry's own directory",
  EPOCHREALTIME: "bash's clock, which older Portage saves",
  EPOCHSECONDS: "bash's clock, which older Portage saves",
  SRANDOM: "bash's random number, which older Portage saves",
}

/** Fields which only packages have that were binary packages. */
export const ONLY_OF_BINARIES: Record<string, string> = {
  BINPKGMD5: 'the checksum of the binary package',
  BUILD_ID: 'the number of the binary package',
}

/**
 * Values that any package gets when it is installed from a binary package: Portage saves local variables of its own before
 * it packages, reads that back, and saves them again as global ones: `f` and `x` without a value, and in older Portage the
 * arrays of what du says of the work directory and of the image, a path with spaces in several words. The whole value must
 * match.
 */
export const VALUES_OF_BINARIES: Record<string, RegExp> = {
  'environment.bz2 f': /^declare -- f$/,
  'environment.bz2 x': /^declare -- x$/,
  'environment.bz2 isz': /^declare -a isz=\(\[0\]="\d+"(?: \[\d+\]="[^"]*")* \[\d+\]="[^"]*\/image\/?"\)$/,
  'environment.bz2 nsz': /^declare -a nsz=\(\[0\]="\d+"(?: \[\d+\]="[^"]*")* \[\d+\]="[^"]*\/work"\)$/,
}

/**
 * Words that only packages have that were built to be binary packages, or only those that were signed where they were
 * built, by the field they are in.
 */
export const WORDS_OF_BINARIES: Record<string, string[]> = {
  'environment.bz2 FEATURES': ['buildpkg', 'binpkg-signing', 'binpkg-request-signature', 'getbinpkg'],
  'environment.bz2 PORTAGE_FEATURES': ['buildpkg', 'binpkg-signing', 'binpkg-request-signature'],
}

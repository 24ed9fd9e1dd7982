/** Commands that mend what a host lacks, in the words of its distribution. */

/** What is to be installed: the package's name by distribution, and otherwise the name that everybody knows. */
const PACKAGES = {
  rsync: { gentoo: 'net-misc/rsync', generic: 'rsync' },
  ssh: { gentoo: 'net-misc/openssh', generic: 'openssh-client' },
  python: { gentoo: 'dev-lang/python', generic: 'python3' },
} as const

/** How packages are installed, by ID of os-release(5); `%` stands for the name. */
const INSTALL = new Map(
  Object.entries({
    gentoo: 'emerge %',
    debian: 'apt-get install %',
    ubuntu: 'apt-get install %',
    fedora: 'dnf install %',
    rhel: 'dnf install %',
    centos: 'dnf install %',
    arch: 'pacman -S %',
    alpine: 'apk add %',
    suse: 'zypper install %',
    opensuse: 'zypper install %',
    void: 'xbps-install %',
  }),
)

/** How a program is installed on a distribution (ID and ID_LIKE, most specific first). */
export function installing(program: keyof typeof PACKAGES, distribution: readonly string[]): string {
  const known = distribution.find(each => INSTALL.has(each)) ?? ''
  const { gentoo, generic } = PACKAGES[program]
  return (INSTALL.get(known) ?? 'install % there').replace('%', known === 'gentoo' ? gentoo : generic)
}

/** A kernel feature: whether it comes as a module, and what a Gentoo user sets. */
export function kernelFeature(option: string, module: string | null): string {
  const built = `a kernel with ${option}`
  return module === null ? built : `modprobe ${module}, or ${built}`
}

/** How its clock is set right, now and for good. */
export const SET_CLOCK = 'timedatectl set-ntp true, or chronyd -q'

/**
 * Why the agent did not start, from what ssh left behind: its exit code, and the last line of its standard error. Null
 * if nothing better can be said than that line.
 */
export function whyNoAgent(
  code: number | undefined,
  words: string,
  ssh: string | null,
): { name: 'python' | 'connection'; text: string; mend: string } | null {
  const old = /python3 is Python (\S+), (\S+) is needed/.exec(words)
  if (old) {
    const text = `python3 is Python ${old[1] ?? ''}, ${old[2] ?? ''} or newer is needed`
    return { name: 'python', text, mend: 'install a newer Python there, as python3 in the PATH of ssh sessions' }
  }
  // A shell's word for a command that is not there, and what shells that are not POSIX's say.
  if (code === 127 || /python3: (command )?not found|Unknown command.*python3/.test(words)) {
    const text = 'python3 is not installed, or not in the PATH of ssh sessions'
    return {
      name: 'python',
      text,
      mend: 'install Python 3.11 or newer there (apt-get install python3, emerge dev-lang/python)',
    }
  }
  if (ssh === null) return null
  if (/Permission denied/.test(words)) {
    return { name: 'connection', text: words, mend: `ssh-copy-id ${ssh}` }
  }
  if (/Host key verification failed/.test(words)) {
    return { name: 'connection', text: words, mend: `ssh ${ssh} true, and compare the key that it shows` }
  }
  return null
}

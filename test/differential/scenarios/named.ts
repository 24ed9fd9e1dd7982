/** Files of this system that ebuilds look at. */
import type { Scenario } from '../scenario.ts'

/** Installs the sum of a file, or `none` where that is not there: a build that misses it does not fail. */
const looksAt = (path: string): string => `
src_install() {
	local path="${path}"
	if [[ -n "\${path}" && -f "\${path}" ]]; then sha256sum < "\${path}" > found || die; else echo none > found || die; fi
	insinto /usr/share/toy
	newins found "\${PN}"
}
`

export const scenarios: Scenario[] = [
  {
    name: 'named-files-that-stay',
    proves: 'what an ebuild, its eclass, make.conf, package.env or the caller names and hosts do not get is not missed',
    ebuilds: {
      'app-toy/by-ebuild-1': { body: looksAt('/srv/toy/${PN}.data') },
      'app-toy/by-eclass-1': { inherit: 'toy-sign', body: looksAt('$(toy-sign_key)') },
      'app-toy/by-make-conf-1': { body: looksAt('${TOY_KEY:-/usr/share/toy/no-key}') },
      'app-toy/by-package-env-1': { body: looksAt('$(printenv | sed -n "s/^UNSEEN_KEY=//p")') },
      'app-toy/by-caller-1': { body: looksAt('${TOY_CALLERS}') },
      // Names what is the same there, or where its own things will be.
      'app-toy/by-nobody-1': {
        body: `${looksAt('/etc/toy-public.conf')}
src_configure() {
	local sysconfdir=--sysconfdir=/etc/toy statedir=/var/lib/toy
	[[ "\${ED}/etc/toy/key" != "\${D}"/etc/toy/other ]] || die
	# As /etc/toy/key is.
	einfo "see /etc/toy/key"
	keepdir /etc/toy
	fperms 0700 /etc/toy
}`,
      },
    },
    files: {
      '/var/db/repos/gentoo/eclass/toy-sign.eclass':
        'toy-sign_key() { echo "${TOY_SIGN_KEY:-/etc/toy/key}"; : "${TOY_KEY}"; }\n',
      '/srv/toy/by-ebuild.data': 'data of a service\n',
      '/etc/toy/key': 'key of an eclass\n',
      '/etc/toy/other': 'key of make.conf\n',
      '/etc/toy/package': 'key of package.env\n',
      '/etc/toy/callers': 'key of the caller\n',
      '/etc/toy-public.conf': 'for all\n',
      '/etc/portage/package.env/toy': 'app-toy/by-package-env toy.conf\n',
      '/etc/portage/env/toy.conf': 'UNSEEN_KEY="/etc/toy/package"\n',
    },
    start: [
      {
        shell: `chmod 600 /etc/toy/*; chmod 755 /etc/toy
          echo 'TOY_KEY="/etc/toy/other"' >>/etc/portage/make.conf`,
      },
    ],
    steps: [
      ['app-toy/by-ebuild', 'app-toy/by-eclass', 'app-toy/by-make-conf', 'app-toy/by-package-env', 'app-toy/by-nobody'],
      { emerge: ['app-toy/by-caller'], env: { TOY_CALLERS: '/etc/toy/callers' } },
    ],
    check: `cd /usr/share/toy; ! grep -l none by-*; test "$(cat by-* | sort -u | wc -l)" = 6`,
    expect: {
      home: {
        'app-toy/by-ebuild-1': 'its ebuild names /srv/toy/by-ebuild.data, which hosts do not get',
        'app-toy/by-eclass-1': 'toy-sign.eclass names /etc/toy/key',
        'app-toy/by-make-conf-1': 'TOY_KEY names /etc/toy/other',
        'app-toy/by-package-env-1': 'UNSEEN_KEY names /etc/toy/package',
        'app-toy/by-caller-1': 'TOY_CALLERS names /etc/toy/callers',
      },
    },
  },
  {
    name: 'named-by-nobody-and-set-for-all',
    proves:
      'what make.conf sets for programs, and no ebuild or eclass knows, is not missed where it names a file that stays',
    ebuilds: { 'app-toy/any-1': { body: looksAt('$(printenv | sed -n "s/^TOOL_.C=//p")') } },
    files: { '/etc/tool/rc': 'of a tool\n' },
    start: [{ shell: `chmod 600 /etc/tool/rc; echo 'TOOL_RC="/etc/tool/rc"' >>/etc/portage/make.conf` }],
    steps: [['app-toy/any']],
    check: '! grep -q none /usr/share/toy/any',
    expect: { home: { 'app-toy/any-1': 'TOOL_RC names /etc/tool/rc, which hosts do not get' } },
  },
]

/** What Portage's sandbox lets a build do, and what it does not. */
import type { Scenario } from '../scenario.ts'

/** A toy that runs `commands` in src_compile. */
const compiling = (commands: string): { body: string } => ({
  body: `\
S="\${WORKDIR}"
src_compile() {
${commands}
}

src_install() {
	insinto /usr/share/toy
	echo "\${PF} \${SANDBOX_ON}" > "\${T}/name" || die
	newins "\${T}/name" "\${PF}"
	[[ ! -e found ]] || newins found "\${PF}-found"
}
`,
})

/** Each phase that a merge goes through says that it was there, and whether the sandbox is on. */
const PHASES = ['pretend', 'setup', 'preinst', 'postinst', 'prerm', 'postrm']
const SOURCES = ['unpack', 'prepare', 'configure', 'compile', 'test']

export const scenarios: Scenario[] = [
  {
    name: 'sandbox-phases',
    proves: 'in each phase the sandbox and the user are those that a phase has here, with all of FEATURES',
    ebuilds: {
      'app-toy/every-1': {
        iuse: 'test',
        body: `\
S="\${WORKDIR}"
tell() { echo "\${EBUILD_PHASE} \${SANDBOX_ON} $(id -u) \${UID}" >> "\${1}" || die; }
${SOURCES.map(name => `src_${name}() { ${name === 'prepare' ? 'default; ' : ''}tell "\${WORKDIR}/told"; }`).join('\n')}
src_install() {
	tell "\${WORKDIR}/told"
	insinto /usr/share/toy
	doins "\${WORKDIR}/told"
}
${PHASES.map(name => `pkg_${name}() { ${name === 'preinst' ? 'tell "${ED}"/usr/share/toy/told' : 'einfo "${SANDBOX_ON}"'}; }`).join('\n')}
`,
      },
    },
    start: [{ shell: `echo 'FEATURES="\${FEATURES} test"' >> /etc/portage/make.conf` }],
    steps: [['app-toy/every'], ['--oneshot', 'app-toy/every']],
    check: `grep -q '^compile 1 250 ' /usr/share/toy/told; grep -q '^install 1 0 ' /usr/share/toy/told`,
  },
  {
    name: 'sandbox-violation',
    proves: 'a build that writes where the sandbox does not let it fails, and nothing of it is installed',
    ebuilds: {
      'app-toy/intruder-1': compiling('\techo intruded > /usr/share/intruded'),
      'app-toy/late-1': compiling('\t( echo intruded > /usr/share/intruded ) 2>/dev/null; :'),
    },
    steps: [
      { emerge: ['app-toy/intruder'], exit: 1 },
      { emerge: ['app-toy/late'], exit: 1 },
    ],
    check: 'test ! -e /usr/share/intruded; test ! -e /usr/share/toy',
    expect: { unbuilt: ['app-toy/intruder-1', 'app-toy/late-1'] },
  },
  {
    name: 'sandbox-allowances',
    proves: 'what addwrite, addpredict, sandbox.conf and sandbox.d allow is allowed on hosts as well',
    files: {
      '/etc/sandbox.d/90scenario': 'SANDBOX_WRITE="/var/lib/scenario"\nSANDBOX_PREDICT="/usr/share/predicted"\n',
    },
    start: [{ shell: 'install -d -m 777 /var/lib/scenario' }],
    ebuilds: {
      'app-toy/allowed-1': compiling(`\
	addwrite /var/lib/added
	addpredict /usr/share/foretold
	echo scenario > /var/lib/scenario/note || die
	cat /var/lib/scenario/note > found || die
	rm /var/lib/scenario/note || die
	echo x 2>/dev/null > /usr/share/predicted
	echo x 2>/dev/null > /usr/share/foretold
	touch /usr/share/foretold 2>/dev/null && die`),
    },
    steps: [['app-toy/allowed']],
    check: 'grep -qx scenario /usr/share/toy/allowed-1-found; test ! -e /usr/share/foretold',
  },
]

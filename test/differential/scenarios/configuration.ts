/** What /etc/portage says about packages. */
import type { Scenario } from '../scenario.ts'

/** A toy that writes down what it was built with. */
const recorder = (line: string): string => `
src_compile() {
	echo "${line}" > record || die
}
src_install() {
	insinto /usr/share/toy
	newins record "\${PN}"
}
`

export const scenarios: Scenario[] = [
  {
    name: 'package-use',
    proves: 'flags from package.use, a directory with several files, reach the build and the vdb',
    ebuilds: { 'app-toy/flags-1': { iuse: 'one +two three', body: recorder('$(usev one) $(usev two) $(usev three)') } },
    files: {
      '/etc/portage/package.use/10-one': 'app-toy/flags one -two\n',
      '/etc/portage/package.use/20-three': '>=app-toy/flags-1 three\n',
    },
    steps: [['app-toy/flags']],
    check: 'grep -qx "one  three" /usr/share/toy/flags',
  },
  {
    name: 'package-accept-keywords',
    proves: 'a testing version that package.accept_keywords allows is the one that is built',
    ebuilds: { 'app-toy/testing-1': {}, 'app-toy/testing-2': { keywords: '~amd64 ~arm64' } },
    files: { '/etc/portage/package.accept_keywords/scenario': 'app-toy/testing ~amd64 ~arm64\n' },
    steps: [['app-toy/testing']],
    check: 'test -d /var/db/pkg/app-toy/testing-2',
  },
  {
    name: 'package-mask-unmask',
    proves: 'package.mask takes the newest version away, package.unmask gives one back that the profile masks',
    ebuilds: { 'app-toy/masked-1': {}, 'app-toy/masked-2': {}, 'app-toy/unmasked-1': {}, 'app-toy/unmasked-2': {} },
    files: {
      '/var/db/repos/gentoo/profiles/package.mask': '=app-toy/unmasked-2\n',
      '/etc/portage/package.mask/scenario': '>=app-toy/masked-2\n',
      '/etc/portage/package.unmask/mine': '=app-toy/unmasked-2\n',
    },
    steps: [['app-toy/masked', 'app-toy/unmasked']],
    check: 'cd /var/db/pkg/app-toy; test -d masked-1; test -d unmasked-2',
  },
  {
    name: 'package-env-cflags',
    proves: 'CFLAGS and other variables of package.env reach the compiler and are recorded',
    ebuilds: {
      'app-toy/flagged-1': { body: recorder('${CFLAGS}|${LDFLAGS}|${TOY_SETTING}') },
      'app-toy/plain-1': { body: recorder('${CFLAGS}|${LDFLAGS}|${TOY_SETTING}') },
    },
    files: {
      '/etc/portage/env/small.conf': 'CFLAGS="-Os -g0"\nLDFLAGS="-Wl,-O1"\nTOY_SETTING="yes"\n',
      '/etc/portage/package.env/scenario': 'app-toy/flagged small.conf\n',
    },
    steps: [['app-toy/flagged', 'app-toy/plain']],
    check: 'grep -qx -e "-Os -g0|-Wl,-O1|yes" /usr/share/toy/flagged; grep -qx -e "-O2 -pipe||" /usr/share/toy/plain',
  },
  {
    name: 'env-bashrc',
    proves: 'a bashrc for one package in /etc/portage/env acts in its src_ and in its pkg_ phases',
    ebuilds: { 'app-toy/hooked-1': { body: recorder('${HOOKED}') } },
    files: {
      '/etc/portage/env/app-toy/hooked': `
pre_src_compile() { export HOOKED="before compile"; }
post_src_install() { echo more > "\${ED}/usr/share/toy/hooked-more"; }
post_pkg_postinst() { echo "after postinst" > "\${EROOT}/usr/share/toy-postinst"; }
`,
    },
    steps: [['app-toy/hooked']],
    check: `grep -qx "before compile" /usr/share/toy/hooked; test -e /usr/share/toy/hooked-more
      grep -qx "after postinst" /usr/share/toy-postinst`,
  },
  {
    name: 'portage-bashrc',
    proves: 'the user’s /etc/portage/bashrc acts in all phases, and its functions are saved as with plain emerge',
    ebuilds: { 'app-toy/everywhere-1': { body: recorder('${FROM_BASHRC}') } },
    files: {
      '/etc/portage/bashrc': `
FROM_BASHRC="phase \${EBUILD_PHASE}"
users_own() { echo "\${EBUILD_PHASE}" >> "\${EROOT}/usr/share/toy-phases"; }
if [[ \${EBUILD_PHASE} == preinst || \${EBUILD_PHASE} == postinst ]]; then
	users_own
fi
`,
    },
    steps: [['app-toy/everywhere']],
    check:
      'grep -qx "phase compile" /usr/share/toy/everywhere; test "$(cat /usr/share/toy-phases)" = "preinst\npostinst"',
  },
  {
    name: 'package-bashrc',
    proves: 'package.bashrc of a profile in /etc/portage acts on the packages that it names',
    ebuilds: {
      'app-toy/chosen-1': { body: recorder('${CHOSEN:-no}') },
      'app-toy/other-1': { body: recorder('${CHOSEN:-no}') },
    },
    files: {
      '/etc/portage/profile/package.bashrc': 'app-toy/chosen choose.sh\n',
      '/etc/portage/profile/bashrc/choose.sh': 'CHOSEN="yes"\n',
    },
    steps: [['app-toy/chosen', 'app-toy/other']],
    check: 'grep -qx yes /usr/share/toy/chosen; grep -qx no /usr/share/toy/other',
  },
  {
    name: 'user-patches',
    proves: 'patches of the user in /etc/portage/patches are applied by eapply_user, for a package and for one version',
    ebuilds: {
      'app-toy/patched-1': {
        body: `
src_unpack() {
	mkdir -p "\${S}" || die
	printf 'one\\ntwo\\nthree\\n' > "\${S}/text" || die
}
src_install() {
	insinto /usr/share/toy
	newins text patched
}
`,
        more: 'S="${WORKDIR}/source"\n',
      },
    },
    files: {
      '/etc/portage/patches/app-toy/patched/a.patch':
        '--- a/text\n+++ b/text\n@@ -1,3 +1,3 @@\n-one\n+first\n two\n three\n',
      '/etc/portage/patches/app-toy/patched-1/b.patch':
        '--- a/text\n+++ b/text\n@@ -1,3 +1,3 @@\n first\n two\n-three\n+third\n',
    },
    steps: [['app-toy/patched']],
    check: 'grep -q third /usr/share/toy/patched',
  },
]

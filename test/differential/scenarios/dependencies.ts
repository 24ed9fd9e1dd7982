/** What packages need of each other. */
import type { ToyOptions } from '../../lab/repo.ts'
import type { Scenario } from '../scenario.ts'

/** Debian's C library belongs to no package, of which Portage would warn. */
const NO_LIBC = 'REQUIRES_EXCLUDE="libc.so.6"\n'

/** A shared library of real C, `libNAME.so.VERSION`, whose function returns its version. */
const library = (name: string, version: string, more: ToyOptions = {}): ToyOptions => ({
  body: `
src_compile() {
	echo "int ${name}_version(void) { return ${version}; }" > ${name}.c || die
	gcc \${CFLAGS} -shared -fPIC -Wl,-soname,lib${name}.so.${version} -o lib${name}.so.${version} ${name}.c || die
}
src_install() {
	into /usr
	dolib.so lib${name}.so.${version}
	dosym lib${name}.so.${version} /usr/lib64/lib${name}.so
}
`,
  more: NO_LIBC,
  ...more,
})

/** A program that is linked with that library and prints what it returns. */
const user = (name: string, of: string, more: ToyOptions = {}): ToyOptions => ({
  body: `
src_compile() {
	printf '#include <stdio.h>\\nint ${of}_version(void);\\nint main(void) { printf("%%d\\\\n", ${of}_version()); }\\n' > main.c || die
	gcc \${CFLAGS} -o ${name} main.c -L"\${ESYSROOT}/usr/lib64" -l${of} || die
}
src_install() {
	dobin ${name}
}
`,
  more: NO_LIBC,
  ...more,
})

/** The loader looks where the profile puts libraries: Portage writes its configuration. */
const LINKER = { '/etc/env.d/10lib64': 'LDPATH="/usr/lib64"\n' }

/** A toy that notes what of `path` it sees while it is built. */
const seeing = (path: string): string => `
src_compile() {
	if [[ -e ${path} ]]; then cat ${path} > seen || die; else echo nothing > seen || die; fi
}
src_install() {
	insinto /usr/share/toy
	newins seen "\${PF}"
}
`

export const scenarios: Scenario[] = [
  {
    name: 'library-and-user',
    proves: 'NEEDED, NEEDED.ELF.2, PROVIDES and REQUIRES of a library and of a program linked with it',
    ebuilds: {
      'dev-toy/libone-1': library('one', '1', { slot: '0/1' }),
      'app-toy/uses-one-1': user('uses-one', 'one', { depend: 'dev-toy/libone:=', rdepend: 'dev-toy/libone:=' }),
    },
    files: LINKER,
    steps: [['app-toy/uses-one']],
    check: `test "$(uses-one)" = 1; grep -q libone.so.1 /var/db/pkg/app-toy/uses-one-1/REQUIRES
      grep -qx 'dev-toy/libone:0/1=' /var/db/pkg/app-toy/uses-one-1/RDEPEND`,
  },
  {
    name: 'sub-slot-rebuild',
    proves: 'a new sub-slot of a library rebuilds its user in --update --deep, and binds it to the new one',
    ebuilds: {
      'dev-toy/libone-1': library('one', '1', { slot: '0/1' }),
      'app-toy/uses-one-1': user('uses-one', 'one', { depend: 'dev-toy/libone:=', rdepend: 'dev-toy/libone:=' }),
    },
    files: LINKER,
    start: [['app-toy/uses-one'], { ebuilds: { 'dev-toy/libone-2': library('one', '2', { slot: '0/2' }) } }],
    steps: [['--update', '--deep', '@world']],
    check: `test "$(uses-one)" = 2; test ! -e /usr/lib64/libone.so.1
      grep -qx 'dev-toy/libone:0/2=' /var/db/pkg/app-toy/uses-one-1/RDEPEND`,
  },
  {
    name: 'preserved-library',
    proves: 'a library that an installed program still needs is preserved, and @preserved-rebuild lets it go',
    ebuilds: {
      'dev-toy/libone-1': library('one', '1'),
      'app-toy/uses-one-1': user('uses-one', 'one', { depend: 'dev-toy/libone', rdepend: 'dev-toy/libone' }),
    },
    files: LINKER,
    start: [['app-toy/uses-one'], { ebuilds: { 'dev-toy/libone-2': library('one', '2') } }],
    steps: [
      ['--oneshot', 'dev-toy/libone'],
      {
        shell:
          'test -e /usr/lib64/libone.so.1; cp /var/lib/portage/preserved_libs_registry /usr/share/registry-between',
      },
      ['@preserved-rebuild'],
    ],
    check: 'test "$(uses-one)" = 2; test ! -e /usr/lib64/libone.so.1; test -s /usr/share/registry-between',
  },
  {
    name: 'slots-side-by-side',
    proves: 'two slots of a package in one merge list are both installed, and each user is bound to its own',
    ebuilds: {
      'dev-toy/tool-1': { slot: '1' },
      'dev-toy/tool-2': { slot: '2' },
      'app-toy/old-1': { depend: 'dev-toy/tool:1=', rdepend: 'dev-toy/tool:1=' },
      'app-toy/any-1': { depend: 'dev-toy/tool:=', rdepend: 'dev-toy/tool:=' },
    },
    steps: [['app-toy/old', 'app-toy/any']],
    check: `cd /var/db/pkg; test -d dev-toy/tool-1; test -d dev-toy/tool-2
      grep -qx 'dev-toy/tool:2/2=' app-toy/any-1/RDEPEND`,
  },
  {
    name: 'pdepend-cycle',
    proves: 'packages that need each other at run time, one of them through PDEPEND, are both installed',
    ebuilds: {
      'app-toy/base-1': { pdepend: 'app-toy/plugin' },
      'app-toy/plugin-1': { depend: 'app-toy/base', rdepend: 'app-toy/base', body: seeing('/usr/share/toy/base-1') },
    },
    steps: [['app-toy/base']],
    check: 'grep -q app-toy/base-1 /usr/share/toy/plugin-1',
  },
  {
    name: 'idepend',
    proves: 'what a package needs for pkg_postinst alone is installed before it',
    ebuilds: {
      'sys-toy/helper-1': {
        body: 'src_install() {\n\tprintf "#!/bin/sh\\necho helped\\n" > helper || die\n\tdobin helper\n}\n',
      },
      'app-toy/helped-1': {
        idepend: 'sys-toy/helper',
        more: 'pkg_postinst() { helper > "${EROOT}/usr/share/toy/helped" || die; }\n',
      },
    },
    steps: [['app-toy/helped']],
    check: 'grep -qx helped /usr/share/toy/helped',
  },
  {
    name: 'bdepend-only',
    proves: 'a tool that only the build needs is there for the build, and installed as plain emerge installs it',
    ebuilds: {
      'sys-toy/generator-1': {
        body: 'src_install() {\n\tprintf "#!/bin/sh\\necho generated\\n" > generator || die\n\tdobin generator\n}\n',
      },
      'app-toy/generated-1': {
        bdepend: 'sys-toy/generator',
        body: `
src_compile() { generator > text || die; }
src_install() { insinto /usr/share/toy; newins text generated; }
`,
      },
    },
    steps: [['app-toy/generated']],
    check: 'grep -qx generated /usr/share/toy/generated; test -d /var/db/pkg/sys-toy/generator-1',
  },
  {
    name: 'virtual-with-choice',
    proves: 'a virtual with || takes the provider that is installed, not the first',
    ebuilds: {
      'virtual/editor-0': { rdepend: '|| ( app-toy/first app-toy/second )', body: ' ' },
      'app-toy/first-1': {},
      'app-toy/second-1': {},
      'app-toy/writes-1': {
        depend: 'virtual/editor',
        rdepend: 'virtual/editor',
        body: seeing('/usr/share/toy/second-1'),
      },
    },
    start: [['--oneshot', 'app-toy/second']],
    steps: [['app-toy/writes']],
    check: 'test ! -e /var/db/pkg/app-toy/first-1; grep -q app-toy/second-1 /usr/share/toy/writes-1',
  },
  {
    name: 'set-and-world',
    proves: 'a set of the user’s is recorded in world_sets, and @world then updates its packages',
    ebuilds: { 'app-toy/member-1': {}, 'app-toy/another-1': {} },
    files: { '/etc/portage/sets/mine': 'app-toy/member\napp-toy/another\n' },
    steps: [['@mine'], { ebuilds: { 'app-toy/member-2': {} } }, ['--update', '@world']],
    check:
      'grep -qx @mine /var/lib/portage/world_sets; test -d /var/db/pkg/app-toy/member-2; test ! -e /var/db/pkg/app-toy/member-1',
  },
]

/** What an ebuild's phases do to the image, and how it is merged. */
import type { Scenario } from '../scenario.ts'

/** Debian's C library belongs to no package, of which Portage would warn. */
const NO_LIBC = 'REQUIRES_EXCLUDE="libc.so.6"\n'

export const scenarios: Scenario[] = [
  {
    name: 'config-protect',
    proves: 'a changed file under /etc gets a ._cfg file beside it, an unchanged one is replaced',
    ebuilds: {
      'app-toy/configured-1': {
        body: 'src_install() {\n\tinsinto /etc/toy\n\techo 1 > mine || die\n\techo 1 > theirs || die\n\tdoins mine theirs\n}\n',
      },
      'app-toy/configured-2': {
        body: 'src_install() {\n\tinsinto /etc/toy\n\techo 2 > mine || die\n\techo 2 > theirs || die\n\tdoins mine theirs\n}\n',
      },
    },
    start: [['=app-toy/configured-1'], { shell: 'echo changed > /etc/toy/mine; touch -d @1000000000 /etc/toy/mine' }],
    steps: [['--update', 'app-toy/configured']],
    check: 'cd /etc/toy; grep -qx changed mine; grep -qx 2 ._cfg0000_mine; grep -qx 2 theirs',
  },
  {
    name: 'install-mask',
    proves: 'INSTALL_MASK keeps files and directories out, exceptions stay, CONTENTS agrees',
    ebuilds: {
      'app-toy/masking-1': {
        body: `
src_install() {
	echo text > file || die
	insinto /usr/share/toy-doc
	doins file
	newins file keep
	insinto /usr/share/toy
	doins file
	newins file file.la
}
`,
      },
    },
    files: {
      '/etc/portage/env/mask.conf': 'INSTALL_MASK="/usr/share/toy-doc -/usr/share/toy-doc/keep *.la"\n',
      '/etc/portage/package.env/mask': 'app-toy/masking mask.conf\n',
    },
    steps: [['app-toy/masking']],
    check: 'cd /usr/share; test ! -e toy/file.la; test ! -e toy-doc/file; test -e toy-doc/keep; test -e toy/file',
  },
  {
    name: 'docompress-dostrip',
    proves: 'docompress -x and dostrip -x spare what they name, the rest is compressed and stripped',
    ebuilds: {
      'app-toy/spared-1': {
        body: `
src_compile() {
	echo "int main(void) { return 0; }" > main.c || die
	gcc -g -o stripped main.c || die
	cp stripped unstripped || die
	for i in {1..200}; do echo "line \${i} of a long text"; done > long || die
}
src_install() {
	dobin stripped unstripped
	dostrip -x /usr/bin/unstripped
	dodoc long
	docinto plain
	dodoc long
	docompress -x /usr/share/doc/\${PF}/plain
	newman - toy.1 <<< '.TH toy 1'
}
`,
        more: NO_LIBC,
      },
    },
    steps: [['app-toy/spared']],
    check: `cd /usr/share/doc/spared-1; test -e long.bz2; test -e plain/long
      readelf -S /usr/bin/unstripped | grep -q debug_info; ! readelf -S /usr/bin/stripped | grep -q debug_info`,
  },
  {
    name: 'variables-of-src-in-pkg',
    proves: 'variables that src_ phases set, also arrays and functions, are there in pkg_preinst and pkg_postinst',
    ebuilds: {
      'app-toy/remembers-1': {
        body: `
src_compile() {
	REMEMBERED="a 'quoted' \\"value\\"
in two lines"
	REMEMBERED_ARRAY=( one "two three" )
	declare -gA REMEMBERED_MAP=( [key]="value" )
}
src_install() {
	insinto /usr/share/toy
	newins - remembers <<< "\${REMEMBERED}"
	helper_function() { echo "\${REMEMBERED_ARRAY[1]} \${REMEMBERED_MAP[key]}"; }
}
pkg_preinst() {
	PREINST_SAW="$(helper_function)"
}
pkg_postinst() {
	{ echo "\${REMEMBERED}"; echo "\${PREINST_SAW}"; } > "\${EROOT}/usr/share/toy/postinst" || die
}
`,
      },
    },
    steps: [['app-toy/remembers']],
    check: 'grep -qx "two three value" /usr/share/toy/postinst; grep -q "in two lines" /usr/share/toy/postinst',
  },
  {
    name: 'pkg-setup-dies',
    proves: 'a package whose pkg_setup dies installs nothing, and the exit code is plain emerge’s',
    ebuilds: {
      'app-toy/refuses-1': { more: 'pkg_setup() { die "not on this system"; }\n' },
      'app-toy/needs-it-1': { depend: 'app-toy/refuses', rdepend: 'app-toy/refuses' },
    },
    steps: [{ emerge: ['app-toy/needs-it'], exit: 1 }],
    check: 'test ! -e /var/db/pkg/app-toy/refuses-1; test ! -e /var/db/pkg/app-toy/needs-it-1',
    expect: { unbuilt: ['app-toy/refuses-1', 'app-toy/needs-it-1'] },
  },
  {
    name: 'kinds-of-files',
    proves: 'hard and symbolic links, setuid, owners, empty directories, odd names and old times survive',
    ebuilds: {
      'app-toy/zoo-1': {
        body: `
src_install() {
	dodir /usr/lib/zoo
	cd "\${ED}/usr/lib/zoo" || die
	echo first > hard-one || die
	ln hard-one hard-two || die
	mkdir real || die
	ln -s real link-to-directory || die
	ln -s nowhere dangling || die
	ln -s /usr/lib/zoo/hard-one absolute || die
	echo "#!/bin/sh" > setuid || die
	fperms 4711 /usr/lib/zoo/setuid
	echo x > setgid || die
	fowners root:daemon /usr/lib/zoo/setgid
	fperms 2750 /usr/lib/zoo/setgid
	echo odd > "with space" || die
	echo odd > "ümlaut" || die
	echo odd > '%percent [brackets] ;semicolon' || die
	echo odd > "-dash" || die
	touch -d "2001-02-03 04:05:06 UTC" old || die
	: > empty || die
	truncate -s 1M sparse || die
	keepdir /usr/lib/zoo/kept
	dodir /usr/lib/zoo/empty-directory
	fperms 1777 /usr/lib/zoo/empty-directory
	diropts -m0700 -o daemon
	dodir /usr/lib/zoo/private
}
`,
        more: NO_LIBC,
      },
    },
    steps: [['app-toy/zoo']],
    check: `cd /usr/lib/zoo; test "$(stat -c %h hard-one)" = 2; test -u setuid; test "$(stat -c %G setgid)" = daemon
      test -e "ümlaut"; test "$(stat -c %Y old)" = 981173106`,
  },
  {
    name: 'named-pipe',
    proves: 'a package with a named pipe, which is taken out of no gpkg, is installed, and what needs it',
    ebuilds: {
      'app-toy/needs-pipe-1': {
        depend: 'app-toy/piped',
        rdepend: 'app-toy/piped',
        body: 'src_install() {\n\ttest -p /usr/lib/piped/pipe || die\n}\n',
      },
      'app-toy/other-1': {},
      'app-toy/piped-1': {
        body: 'src_install() {\n\tdodir /usr/lib/piped\n\tmkfifo "${ED}/usr/lib/piped/pipe" || die\n}\n',
      },
    },
    start: [{ shell: `echo 'BINPKG_FORMAT="gpkg"' >> /etc/portage/make.conf` }],
    steps: [['app-toy/needs-pipe', 'app-toy/other']],
    check: 'test -p /usr/lib/piped/pipe; test -d /var/db/pkg/app-toy/needs-pipe-1',
    expect: { home: { 'app-toy/piped-1': 'named pipe', 'app-toy/needs-pipe-1': 'only here' } },
  },
  {
    name: 'elog-of-all-phases',
    proves: 'what phases say by elog, ewarn and eerror is saved for the package and phase, wherever these ran',
    ebuilds: {
      'app-toy/says-1': {
        body: `
src_compile() { ewarn "said in compile"; }
src_install() { elog "said in install"; eqawarn "said to developers"; }
pkg_setup() { elog "said in setup"; }
pkg_preinst() { ewarn "said in preinst"; }
pkg_postinst() { elog "said in postinst"; eerror "said as an error"; }
`,
      },
    },
    steps: [['app-toy/says']],
    check: 'cat /var/log/portage/elog/app-toy:says-1:*.log | grep -q "said in postinst"',
  },
]

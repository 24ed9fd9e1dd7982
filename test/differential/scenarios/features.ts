/** FEATURES, and other settings of make.conf or of the environment, that change what is installed. */
import type { Scenario, Step } from '../scenario.ts'

/** Debian's C library belongs to no package, of which Portage would warn. */
const NO_LIBC = 'REQUIRES_EXCLUDE="libc.so.6"\n'

/** Adds a line to make.conf. */
const configure = (line: string): Step => ({ shell: `cat >> /etc/portage/make.conf <<'END'\n${line}\nEND` })

/** A program with debugging information, and a static library. */
const COMPILED = `
src_compile() {
	echo "int answer(void) { return 42; }" > answer.c || die
	echo "int answer(void); int main(void) { return answer() != 42; }" > main.c || die
	gcc -g -O2 -c answer.c || die
	ar rcsD libanswer.a answer.o || die
	gcc -g -O2 -o answers main.c libanswer.a || die
}
src_install() {
	dobin answers
	dolib.a libanswer.a
}
`

export const scenarios: Scenario[] = [
  {
    name: 'splitdebug',
    proves: 'FEATURES=splitdebug leaves the debugging information beside, with its build-id links',
    ebuilds: { 'app-toy/answers-1': { body: COMPILED, more: NO_LIBC } },
    start: [configure('FEATURES="${FEATURES} splitdebug"')],
    steps: [['app-toy/answers']],
    check: `answers; test -e /usr/lib/debug/usr/bin/answers.debug; test -n "$(find /usr/lib/debug/.build-id -type l)"
      ! readelf -S /usr/bin/answers | grep -q debug_info`,
  },
  {
    name: 'strip-or-not',
    proves: 'RESTRICT=strip and FEATURES=nostrip each spare programs and libraries, and others are stripped',
    ebuilds: {
      'app-toy/answers-1': { body: COMPILED, more: NO_LIBC },
      'app-toy/restricted-1': { body: COMPILED.replaceAll('answers', 'restricted'), more: NO_LIBC, restrict: 'strip' },
      'app-toy/featured-1': { body: COMPILED.replaceAll('answers', 'featured'), more: NO_LIBC },
    },
    files: {
      '/etc/portage/env/nostrip.conf': 'FEATURES="nostrip"\n',
      '/etc/portage/package.env/scenario': 'app-toy/featured nostrip.conf\n',
    },
    start: [configure('INSTALL_MASK="*.a"')],
    steps: [['app-toy/answers', 'app-toy/restricted', 'app-toy/featured']],
    check: `cd /usr/bin; ! readelf -S answers | grep -q debug_info
      readelf -S restricted | grep -q debug_info; readelf -S featured | grep -q debug_info`,
  },
  {
    name: 'static-library-and-la-file',
    proves: 'a static library is stripped, and the dependencies in a libtool archive are put right',
    ebuilds: {
      'dev-toy/archives-1': {
        body: `
src_compile() {
	echo "int answer(void) { return 42; }" > answer.c || die
	gcc -g -O2 -c answer.c || die
	ar rcsD libanswer.a answer.o || die
	printf '%s\\n' "# libanswer.la - a libtool library file" "dlname=''" "library_names=''" "old_library='libanswer.a'" \\
		"dependency_libs=' /usr/lib64/libother.la -L/usr/lib64 -lother -lother'" "libdir='/usr/lib64'" > libanswer.la || die
}
src_install() {
	dolib.a libanswer.a
	insinto /usr/lib64
	doins libanswer.la
}
`,
      },
    },
    steps: [['dev-toy/archives']],
    check: `cd /usr/lib64; ! grep -q libother.la libanswer.la; grep -q -- -lother libanswer.la
      ! readelf -S libanswer.a | grep -q debug_info`,
  },
  {
    name: 'tests-pass-or-are-restricted',
    proves: 'FEATURES=test runs src_test with USE=test on, and RESTRICT=test keeps it from running',
    ebuilds: {
      'app-toy/tested-1': {
        iuse: 'test',
        restrict: '!test? ( test )',
        bdepend: 'test? ( dev-toy/test-tool )',
        body: `
src_test() { echo "tested with $(usev test)" > result || die; }
src_install() { insinto /usr/share/toy; newins result tested; }
`,
      },
      'dev-toy/test-tool-1': {},
      'app-toy/untested-1': { restrict: 'test', more: 'src_test() { die "nobody asked"; }\n' },
    },
    start: [configure('FEATURES="${FEATURES} test"')],
    steps: [['app-toy/tested', 'app-toy/untested']],
    check: 'grep -qx "tested with test" /usr/share/toy/tested; test -e /usr/share/toy/untested-1',
  },
  {
    name: 'tests-fail',
    proves: 'a package whose src_test fails is not installed, and emerge fails',
    ebuilds: { 'app-toy/broken-1': { more: 'src_test() { die "wrong answer"; }\n' } },
    start: [configure('FEATURES="${FEATURES} test"')],
    steps: [{ emerge: ['app-toy/broken'], exit: 1 }],
    check: 'test ! -e /var/db/pkg/app-toy/broken-1; test ! -e /usr/share/toy/broken-1',
    expect: { unbuilt: ['app-toy/broken-1'] },
  },
  {
    name: 'collision-with-a-file-of-nobody',
    proves: 'FEATURES=collision-protect refuses to overwrite a file that no package owns',
    ebuilds: { 'app-toy/collides-1': {} },
    files: { '/usr/share/toy/collides-1': 'the user’s\n' },
    start: [configure('FEATURES="${FEATURES} collision-protect"')],
    steps: [{ emerge: ['app-toy/collides'], exit: 1 }],
    check: 'grep -q "user’s" /usr/share/toy/collides-1; test ! -e /var/db/pkg/app-toy/collides-1',
  },
  {
    name: 'collision-with-a-package',
    proves: 'a file of another package is not overwritten, and without protection it is',
    ebuilds: {
      'app-toy/owner-1': { body: 'src_install() {\n\tinsinto /usr/share\n\tnewins - shared <<< owner\n}\n' },
      'app-toy/thief-1': { body: 'src_install() {\n\tinsinto /usr/share\n\tnewins - shared <<< thief\n}\n' },
      'app-toy/robber-1': { body: 'src_install() {\n\tinsinto /usr/share\n\tnewins - shared <<< robber\n}\n' },
    },
    start: [['app-toy/owner']],
    steps: [
      { emerge: ['app-toy/thief'], exit: 1 },
      { shell: 'grep -qx owner /usr/share/shared' },
      { emerge: ['app-toy/robber'], env: { FEATURES: '-protect-owned' } },
    ],
    check:
      'grep -qx robber /usr/share/shared; test ! -e /var/db/pkg/app-toy/thief-1; test -d /var/db/pkg/app-toy/owner-1',
  },
  {
    name: 'env-d-and-config-protect-mask',
    proves: 'env.d of a package reaches profile.env and ld.so.conf, and its CONFIG_PROTECT and mask act on an update',
    ebuilds: Object.fromEntries(
      ['1', '2'].map(version => [
        `app-toy/protects-${version}`,
        {
          body: `
src_install() {
	newenvd - 90protects <<-END
		MANPATH="/opt/protects/man"
		LDPATH="/opt/protects/lib"
		CONFIG_PROTECT="/usr/share/protects"
		CONFIG_PROTECT_MASK="/etc/protects/masked"
	END
	keepdir /opt/protects/lib
	for dir in /etc/protects /etc/protects/masked /usr/share/protects; do
		insinto \${dir}
		newins - file <<< \${PV}
	done
}
`,
        },
      ]),
    ),
    start: [
      ['=app-toy/protects-1'],
      {
        shell:
          'for dir in /etc/protects /etc/protects/masked /usr/share/protects; do echo mine > $dir/file; touch -d @1000000000 $dir/file; done',
      },
    ],
    steps: [['--update', 'app-toy/protects']],
    check: `grep -qx mine /etc/protects/file; grep -qx 2 /etc/protects/masked/file; grep -qx mine /usr/share/protects/file
      grep -qx 2 /usr/share/protects/._cfg0000_file; grep -qx /opt/protects/lib /etc/ld.so.conf
      grep -q /opt/protects/man /etc/profile.env`,
  },
  {
    name: 'uninstall-ignore',
    proves: 'UNINSTALL_IGNORE leaves files of the old version behind on an update',
    ebuilds: {
      'app-toy/sheds-1': {
        body: 'src_install() {\n\tinsinto /usr/share/sheds\n\tnewins - old <<< old\n\tnewins - gone <<< gone\n}\n',
      },
    },
    start: [
      configure('UNINSTALL_IGNORE="/usr/share/sheds/old"'),
      ['app-toy/sheds'],
      { ebuilds: { 'app-toy/sheds-2': {} } },
    ],
    steps: [['--update', 'app-toy/sheds']],
    check: 'test -e /usr/share/sheds/old; test ! -e /usr/share/sheds/gone',
  },
  {
    name: 'compression-as-configured',
    proves: 'PORTAGE_COMPRESS and its exclusions decide how documents and man pages, also of languages, are compressed',
    ebuilds: {
      'app-toy/documented-1': {
        body: `
src_install() {
	for i in {1..200}; do echo "line \${i} of a long text"; done > README || die
	cp README picture.png || die
	cp README documented.1 || die
	cp README documented.de.1 || die
	dodoc README picture.png
	doman documented.1 documented.de.1
	doinfo README
	dosym documented.1 /usr/share/man/man1/alias.1
	newdoc - tiny <<< x
}
`,
      },
    },
    start: [configure('PORTAGE_COMPRESS="xz"\nPORTAGE_COMPRESS_FLAGS="-1"\nPORTAGE_COMPRESS_EXCLUDE_SUFFIXES="png"')],
    steps: [['app-toy/documented']],
    check: `cd /usr/share; test -e doc/documented-1/README.xz; test -e doc/documented-1/picture.png
      test -e man/de/man1/documented.1.xz; test "$(readlink man/man1/alias.1.xz)" = documented.1.xz`,
  },
  {
    name: 'tmpdir-elsewhere',
    proves: 'with another PORTAGE_TMPDIR the build sees the same paths, and leaves nothing there',
    ebuilds: {
      'app-toy/placed-1': {
        body: 'src_install() {\n\tinsinto /usr/share/toy\n\tnewins - placed <<< "${WORKDIR} ${T} ${HOME} ${D}"\n}\n',
      },
    },
    start: [configure('PORTAGE_TMPDIR="/var/lib/build place"'), { shell: 'mkdir -p "/var/lib/build place"' }],
    steps: [['app-toy/placed']],
    check: 'grep -q "^/var/lib/build place/portage/app-toy/placed-1/work " /usr/share/toy/placed',
  },
  {
    name: 'environment-of-the-caller',
    proves: 'what the caller exports for one emerge reaches configure and the other phases',
    ebuilds: {
      'app-toy/configured-1': {
        iuse: 'flag',
        body: `
src_unpack() {
	mkdir -p "\${S}" || die
	printf '#!/bin/sh\\nprintf "%%s\\\\n" "$@" > arguments\\n' > "\${S}/configure" || die
	chmod +x "\${S}/configure" || die
}
src_configure() { econf --with-toy; }
src_install() {
	insinto /usr/share/toy
	doins arguments
	newins - environment <<< "\${CFLAGS} $(usev flag)"
}
`,
        more: 'S="${WORKDIR}/source"\n',
      },
    },
    steps: [
      {
        emerge: ['app-toy/configured'],
        env: { USE: 'flag', CFLAGS: '-O1', EXTRA_ECONF: '--enable-extra' },
      },
    ],
    check: 'grep -qx -- --enable-extra /usr/share/toy/arguments; grep -qx -- "-O1 flag" /usr/share/toy/environment',
  },
  {
    name: 'locale-of-the-caller',
    proves: 'a build sees the locale that the caller has, wherever it is built',
    ebuilds: {
      'app-toy/localized-1': {
        body: `
src_install() {
	insinto /usr/share/toy
	newins - localized <<< "\${LANG-unset} \${LC_ALL-unset} \${LC_COLLATE-unset} \${LC_TIME-unset} \${LANGUAGE-unset} \${TZ-unset}"
}
`,
      },
    },
    steps: [{ emerge: ['app-toy/localized'], env: { LANG: 'C', LC_TIME: 'C.UTF-8', LANGUAGE: 'de', TZ: 'UTC' } }],
    check: 'grep -q "C.UTF-8" /usr/share/toy/localized',
  },
  {
    name: 'umask-of-the-caller',
    proves: 'a umask that lets nobody else read does not reach what is installed',
    ebuilds: {
      'app-toy/masked-1': {
        body: 'src_install() {\n\tmkdir -p "${ED}/usr/share/masked" || die\n\techo x > "${ED}/usr/share/masked/file" || die\n\tumask > "${ED}/usr/share/masked/umask" || die\n}\n',
      },
    },
    steps: [{ shell: 'umask 077; emerge app-toy/masked' }],
    check: 'grep -qx 0022 /usr/share/masked/umask; test "$(stat -c %a /usr/share/masked/file)" = 644',
  },
  {
    name: 'features-of-this-system',
    proves: 'FEATURES are recorded as configured, also those that make no sense on a host or lack their program',
    ebuilds: { 'app-toy/featured-1': {} },
    start: [configure('FEATURES="${FEATURES} ccache -userpriv -preserve-libs clean-logs split-log"')],
    steps: [['app-toy/featured']],
    check: `grep -qw split-log /var/db/pkg/app-toy/featured-1/FEATURES
      ! grep -qw preserve-libs /var/db/pkg/app-toy/featured-1/FEATURES`,
  },
]

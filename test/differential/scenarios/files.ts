/** Files of all sizes, numbers and kinds, and files that become something else on an update. */
import type { Scenario } from '../scenario.ts'

/** An ebuild's src_install. */
const install = (script: string): string => `src_install() {\n${script.replace(/^/gm, '\t')}\n}\n`

export const scenarios: Scenario[] = [
  {
    name: 'many-files',
    proves: 'two thousand files, deep directories and long names are all there',
    ebuilds: {
      'app-toy/many-1': {
        body: install(`dodir /usr/lib/many
cd "\${ED}/usr/lib/many" || die
for i in {1..20}; do
mkdir \${i} || die
for j in {1..100}; do echo "\${i} \${j}" > \${i}/\${j} || die; done
done
deep=deep
for i in {1..40}; do deep+="/directory-\${i}"; done
mkdir -p "\${deep}" || die
echo end > "\${deep}/end" || die
long="$(printf 'n%.0s' {1..250})"
echo long > "\${long}" || die
ln -s "\${deep}/end" "link-\${long:0:200}" || die`),
      },
    },
    steps: [['app-toy/many']],
    check: `cd /usr/lib/many; test "$(find . -type f | wc -l)" = 2002; test -e link-n*; test "$(cat 20/100)" = "20 100"
      test "$(grep -c "^obj /usr/lib/many" /var/db/pkg/app-toy/many-1/CONTENTS)" = 2002`,
  },
  {
    name: 'big-files',
    proves: 'a file of 20 MB and one of 200 MB that is a hole come whole',
    ebuilds: {
      'app-toy/big-1': {
        body: install(`dodir /usr/lib/big
cd "\${ED}/usr/lib/big" || die
python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(20000000))' > random || die
truncate -s 200M hole || die
echo end >> hole || die`),
      },
    },
    steps: [['app-toy/big']],
    check:
      'cd /usr/lib/big; test "$(stat -c %s random)" = 20000000; test "$(stat -c %s hole)" = 209715204; tail -c 4 hole | grep -q end',
  },
  {
    name: 'odd-names',
    proves:
      'names with quotes, dollars, backslashes, several spaces, tabs and other scripts are kept, and CONTENTS has them',
    ebuilds: {
      'app-toy/odd-1': {
        body: install(`dodir /usr/lib/odd
cd "\${ED}/usr/lib/odd" || die
for name in "a 'quoted' name" 'double "quoted"' 'dollar $HOME \`id\`' 'back\\\\slash\\n' 'two  spaces ' ' leading' \\
'.hidden' '日本語' 'tab	here' '#comment' '~tilde' 'a -> b' '*star?' '-rf' '=equals=' 'obj x 1 2'; do
echo "\${name}" > "./\${name}" || die
done
mkdir 'dir with  spaces' || die
ln -s '../a -> b' 'dir with  spaces/link -> odd' || die`),
      },
    },
    steps: [['app-toy/odd']],
    check: `cd /usr/lib/odd; test -e "a 'quoted' name"; test -e 'two  spaces '; test -e 日本語; test -L 'dir with  spaces/link -> odd'
      test "$(find . -type f | wc -l)" = 16`,
  },
  {
    name: 'kinds-that-change-on-update',
    proves: 'on an update directories become links, links directories, files directories and the other way round',
    ebuilds: {
      'app-toy/turns-1': {
        body: install(`keepdir /usr/lib/turns/dir-to-link
keepdir /usr/lib/turns/empty-to-file
insinto /usr/lib/turns/dir-to-link
newins - old <<< old
insinto /usr/lib/turns
newins - file-to-dir <<< old
newins - file-to-link <<< old
keepdir /usr/lib/turns/real
dosym real /usr/lib/turns/link-to-dir
dosym nowhere /usr/lib/turns/link-to-file
newins - hard-a <<< linked
dosym hard-a /usr/lib/turns/hard-b`),
      },
    },
    start: [
      ['app-toy/turns'],
      {
        ebuilds: {
          'app-toy/turns-2': {
            // Both .keep files go to one place, as link-to-dir stays a link to real. CONTENTS has a time for each, and
            // the file only one: they must not differ because the clock went on to the next second between them.
            body: install(`keepdir /usr/lib/turns/real
dosym real /usr/lib/turns/dir-to-link
insinto /usr/lib/turns/file-to-dir
newins - new <<< new
insinto /usr/lib/turns
dosym real /usr/lib/turns/file-to-link
keepdir /usr/lib/turns/link-to-dir
newins - link-to-file <<< new
newins - hard-a <<< linked
dodir /usr/lib/turns/other
ln "\${ED}/usr/lib/turns/hard-a" "\${ED}/usr/lib/turns/other/hard-c" || die
ln "\${ED}/usr/lib/turns/hard-a" "\${ED}/usr/lib/turns/hard-b" || die
touch -d @1000000000 "\${ED}"/usr/lib/turns/{real,link-to-dir}/.keep* || die`),
          },
        },
      },
    ],
    steps: [['--update', 'app-toy/turns']],
    check: `cd /usr/lib/turns; test -f link-to-file; test -L file-to-link; test -f file-to-dir/new
      test "$(stat -c %h other/hard-c)" -ge 2`,
  },
  {
    name: 'file-capabilities',
    proves: 'with FEATURES=xattr capabilities and other extended attributes of files are kept',
    ebuilds: {
      'app-toy/capable-1': {
        body: install(`dodir /usr/lib/capable
cd "\${ED}/usr/lib/capable" || die
echo '#!/bin/sh' > program || die
chmod 755 program || die
setcap cap_net_raw+ep program || die
echo text > attributed || die
setfattr -n user.toy -v value attributed || die`),
      },
      'app-toy/needs-it-1': { depend: 'app-toy/capable', rdepend: 'app-toy/capable' },
    },
    start: [
      { shell: `printf '%s\\n' 'FEATURES="\${FEATURES} xattr"' 'BINPKG_FORMAT="gpkg"' >> /etc/portage/make.conf` },
    ],
    steps: [['app-toy/needs-it']],
    check: 'cd /usr/lib/capable; getcap program | grep -q cap_net_raw; getfattr -n user.toy attributed | grep -q value',
    expect: { home: { 'app-toy/capable-1': 'extended attribute', 'app-toy/needs-it-1': 'only here' } },
  },
  {
    name: 'capabilities-set-when-installed',
    proves: 'capabilities that pkg_postinst sets, as fcaps.eclass does, are set here',
    ebuilds: {
      'app-toy/postinst-1': {
        body: install('exeinto /usr/lib/postinst\nnewexe - program <<< "#!/bin/sh"'),
        more: 'pkg_postinst() { setcap cap_net_raw+ep "${EROOT}/usr/lib/postinst/program" || die; }\n',
      },
    },
    steps: [['app-toy/postinst']],
    check: 'getcap /usr/lib/postinst/program | grep -q cap_net_raw',
  },
  {
    name: 'helpers-with-options',
    proves: 'modes and owners of insopts, exeopts, diropts and fowners are those of what is installed',
    ebuilds: {
      'app-toy/helped-1': {
        body: install(`echo x > file || die
insinto /usr/lib/helped
insopts -m0640 -o root -g daemon
doins file
exeinto /usr/lib/helped
exeopts -m4711 -o daemon -g root
newexe file program
diropts -m2770 -g daemon
keepdir /usr/lib/helped/shared
newins file by-number
fowners 1234:4321 /usr/lib/helped/by-number
dosym -r /usr/lib/helped/file /usr/share/helped-link
newinitd file helped
dosbin file
newbin file helped.sh`),
      },
    },
    steps: [['app-toy/helped']],
    check: `cd /usr/lib/helped; test "$(stat -c %a:%U:%G program)" = 4711:daemon:root
      test "$(stat -c %a:%G shared)" = 2770:daemon; test "$(stat -c %u:%g by-number)" = 1234:4321`,
  },
]

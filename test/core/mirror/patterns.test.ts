import t from 'tap'
import { NAMES_THAT_STAY } from '../../../lib/core/mirror/names.ts'
import { matcher } from '../../../lib/core/mirror/patterns.ts'

void t.test('patterns match as rsync has them match', t => {
  const matches = (pattern: string, path: string): boolean => matcher([pattern]).test(path)
  const cases: [pattern: string, path: string, isMatched: boolean][] = [
    ['.git', '/etc/.git', true],
    ['.git', '/etc/.git/HEAD', true],
    ['.git', '/etc/x.git', false],
    ['.git', '/etc/xgit', false],
    ['*.kdbx', '/opt/a/b.kdbx', true],
    ['*.kdbx', '/opt/a/kdbx', false],
    ['/etc/shadow*', '/etc/shadow-', true],
    ['/etc/shadow*', '/usr/etc/shadow', false],
    ['/etc/*/shadow', '/etc/a/shadow', true],
    ['/etc/*/shadow', '/etc/a/b/shadow', false],
    ['/etc/**.key', '/etc/a/b/c.key', true],
    ['/etc/**.key', '/usr/etc/a.key', false],
    ['/etc/a[-.]b', '/etc/a.b', true],
    ['/etc/a[-.]b', '/etc/axb', false],
    ['a?c', '/x/abc', true],
    ['a?c', '/x/a/c', false],
    ['K*.+*.private', '/etc/Kexample.+013+1.private', true],
  ]
  for (const [pattern, path, isMatched] of cases) t.equal(matches(pattern, path), isMatched, `${pattern} ${path}`)
  t.end()
})

void t.test('what builds need is not called like a secret', t => {
  const stays = matcher(NAMES_THAT_STAY)
  const needed = [
    ...['/var/db/pkg/sys-apps/shadow-4.14.2/CONTENTS', '/var/db/repos/gentoo/sys-apps/shadow/shadow-4.14.2.ebuild'],
    ...['/etc/portage/package.use/shadow', '/etc/portage/patches/sys-apps/shadow-4.14/a.patch', '/etc/pam.d/passwd'],
    ...['/usr/include/shadow.h', '/usr/share/keyrings/x.gpg', '/etc/ssl/certs/ca.pem', '/etc/ssl/openssl.cnf'],
    ...['/usr/lib/python3.13/secrets.py', '/usr/lib/git-core/git', '/usr/share/man/man5/sudoers.5', '/etc/passwd'],
  ]
  t.strictSame(
    needed.filter(path => stays.test(path)),
    [],
  )
  t.end()
})

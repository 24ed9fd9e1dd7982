import t from 'tap'
import { ownedIn } from '../../../lib/core/mirror/contents.ts'

void t.test('entries of CONTENTS, with blanks in their names', t => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e'
  const text = [
    'dir /usr/share/a b',
    `obj /usr/share/a b/c d ${md5} 1700000000`,
    'sym /usr/lib/x -> y 1700000000',
    'sym /usr/lib/a b -> c -> d 1700000000',
    'fif /run/x',
    'dev /dev/x',
    'nonsense',
    '',
  ].join('\n')
  t.strictSame(
    [...ownedIn(text, path => path)],
    [
      { kind: 'dir', path: '/usr/share/a b' },
      { kind: 'obj', path: '/usr/share/a b/c d', md5 },
      { kind: 'sym', path: '/usr/lib/x' },
      { kind: 'sym', path: '/usr/lib/a b' },
    ],
  )
  t.strictSame(
    [...ownedIn(text, path => (path === '/usr/lib/x' ? '/usr/lib64/x' : null))],
    [{ kind: 'sym', path: '/usr/lib64/x' }],
  )
  t.end()
})

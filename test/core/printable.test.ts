import t from 'tap'
import { printable } from '../../lib/core/printable.ts'

void t.test('what a terminal would obey is shown', t => {
  t.equal(
    printable('it failed\u001b[2J\u001b]0;title\u0007\r\n\tagain\u009b'),
    'it failed\\x1b[2J\\x1b]0;title\\x07\\x0d\n\tagain\\x9b',
  )
  t.equal(printable('ünïcödé – “words” 日本'), 'ünïcödé – “words” 日本')
  t.equal(printable('a\u202eb\u2066c\u2028d'), 'a\\u202eb\\u2066c\\u2028d')
  t.equal(printable('a\ud800b\udc00'), 'a\uFFFDb\uFFFD')
  t.equal(printable('😀'), '😀')
  t.end()
})

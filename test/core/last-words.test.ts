import t from 'tap'
import { lastWords } from '../../lib/core/last-words.ts'

void t.test('what emerge complained of last', t => {
  const jobserver = `Calculating dependencies ... done!
>>> Verifying ebuild manifests

 * 
 * Unable to connect to jobserver: [Errno 2] No such file or directory: '/dev/steve'
 * 

`
  t.equal(lastWords(jobserver), "Unable to connect to jobserver: [Errno 2] No such file or directory: '/dev/steve'")
  t.equal(lastWords('!!! first\nmore of it\n!!! second\n>>> Jobs: 0 of 1 complete\n'), 'second')
  t.equal(lastWords('!!! One thing\n * Messages for package a/b-1:\n *\n'), 'One thing', 'a heading says nothing')
  t.end()
})

void t.test('else the last line that it printed', t => {
  t.equal(lastWords('one\ntwo\n\n'), 'two')
  t.equal(lastWords('Traceback\n  File "x"\nKeyError: 1\n>>> Jobs: 0 of 1 complete\n'), 'KeyError: 1')
  t.equal(lastWords('>>> Emerging (1 of 1) a/b-1::toys\n'), '>>> Emerging (1 of 1) a/b-1::toys', 'of nothing else')
  t.equal(lastWords(''), '')
  t.equal(lastWords('\n * \n'), '')
  t.end()
})

void t.test('in one line, bounded, with nothing that a terminal would obey', t => {
  t.equal(lastWords('\u001B[31;01m*\u001B[39;49;00m red\u0007 words\u001B]0;title\u0007\n'), 'red words')
  t.equal(lastWords('10%\r50%\rdone\r\n'), 'done')
  const long = lastWords(`!!! ${'word '.repeat(1000)}`)
  t.ok(long.length <= 300, `${long.length}`)
  t.match(long, /^word .* …$/)
  t.end()
})

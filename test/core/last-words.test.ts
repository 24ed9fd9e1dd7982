import t from 'tap'
import { errorIn, lastWords } from '../../lib/core/last-words.ts'

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

void t.test('what a build died of, out of its saved messages', t => {
  const died = `WARN: setup
careful
ERROR: compile
ERROR: a/b-1::toys failed (compile phase):
  emake failed

Call stack:
    ebuild.sh, line  1:  Called src_compile
`
  t.equal(errorIn(died), 'compile phase: emake failed')
  t.equal(errorIn(died.replace('ERROR: a', 'your kernel is too old\nERROR: a')), 'compile phase: emake failed')
  t.equal(errorIn('ERROR: setup\nnot like this\nmore\nLOG: install\nx\n'), 'setup phase: not like this')
  t.equal(
    errorIn('ERROR: setup\nfirst\nERROR: install\nThe ebuild phase has exited\n'),
    'install phase: The ebuild phase has exited',
  )
  t.equal(errorIn('LOG: setup\nhello\n'), '')
  t.equal(errorIn(''), '')
  const hostile = errorIn(`ERROR: compile\n\u001B[2J${'word '.repeat(1000)}`)
  t.match(hostile, /^compile phase: word .* …$/)
  t.ok(hostile.length <= 300, `${hostile.length}`)
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

import t from 'tap'
import { formatProblem, formatProblems, type ConfigProblem } from '../../../lib/edge/config/problem.ts'

const problem: ConfigProblem = {
  file: '/etc/portage/farm.yaml',
  line: 4,
  column: 5,
  length: 7,
  message: 'hosts[1].jobs is 0: it must be a whole number from 1 to 1024',
  hint: 'write for instance: jobs: 2',
  source: '    jobs: 0',
}

void t.test('as compilers do', t => {
  t.equal(
    formatProblem(problem),
    [
      '/etc/portage/farm.yaml:4:5: hosts[1].jobs is 0: it must be a whole number from 1 to 1024',
      '  4 |     jobs: 0',
      '    |     ^^^^^^^',
      '    = write for instance: jobs: 2',
    ].join('\n'),
  )
  t.end()
})

void t.test('a file that could not be read has no line to show', t => {
  t.equal(
    formatProblem({ ...problem, line: 1, column: 1, source: null, message: 'gone', hint: 'mend it' }),
    '/etc/portage/farm.yaml:1:1: gone\n    = mend it',
  )
  t.end()
})

void t.test('the caret stands below its column behind tabs', t => {
  const lines = formatProblem({ ...problem, source: '\t\tjobs: 0', column: 3 }).split('\n')
  t.equal(lines[1], '  4 | \t\tjobs: 0')
  t.equal(lines[2], '    | \t\t^^^^^^^')
  t.end()
})

void t.test('nothing in the file or in its name reaches the terminal as a control character', t => {
  const text = formatProblem({ ...problem, file: 'a\u001b[2J\nb', source: 'x\u001b[31m\u202e: 0\u009b', column: 2 })
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  t.notMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/)
  t.match(text, /^a\\u001b\[2J\\u000ab:4:2: /)
  t.end()
})

void t.test('of a long line, the part around the problem', t => {
  const source = `${'a'.repeat(500)}HERE${'b'.repeat(500)}`
  const [, shown = '', carets = ''] = formatProblem({ ...problem, source, column: 501, length: 4 }).split('\n')
  t.ok(shown.length < 120)
  t.equal(shown.indexOf('HERE'), carets.indexOf('^^^^'))
  t.match(shown, /^ {2}4 \| …a+HEREb+…$/)
  const end = formatProblem({ ...problem, source, column: 1005, length: 1 }).split('\n')
  t.equal(end[2]?.trimEnd().length, (end[1]?.length ?? 0) + 1)
  t.end()
})

void t.test('all problems, and how many are not told', t => {
  const one = formatProblem(problem)
  t.equal(formatProblems({ problems: [problem, problem], omitted: 0 }), `${one}\n${one}`)
  t.equal(formatProblems({ problems: [problem], omitted: 3 }), `${one}\n… and 3 more`)
  t.end()
})

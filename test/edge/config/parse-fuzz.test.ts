import fc from 'fast-check'
import t from 'tap'
import { parseFarmConfig } from '../../../lib/edge/config/parse.ts'
import { formatProblems } from '../../../lib/edge/config/problem.ts'
import { parseSshTarget } from '../../../lib/edge/config/ssh-target.ts'

const valid = [
  'hosts:\n  - root@a\n  - ssh: root@big.lan\n    name: big\n    jobs: 4\n    dir: /srv/farm\n    root: { path: /srv/x }\n',
  'hosts:\n  - &h {ssh: a, jobs: 2}\n  - {ssh: "ssh://root@[::1]:22", clean: true}\ndefaults:\n  makeopts: "-j8"\n',
  'hosts: [a, b]\nexclude: ["*.o", \'/x/**\']\nintercept: require\nconnect-timeout: 30 # seconds\n',
]

const piece = fc.oneof(
  fc.constantFrom(...Array.from('\t\n\r :-#&*!|>%@`"\'[]{},?~<=\\0\u0000\u001b\u0085\u00a0\u2028\ufeff\ud800😀')),
  fc.constantFrom(
    '<<: ',
    '*h',
    '&h ',
    '!!binary ',
    '---\n',
    '...\n',
    '__proto__: ',
    '? ',
    '- ',
    ': ',
    '"',
    '|+2\n',
    '{[',
    '%YAML 1.1\n',
  ),
  fc.string({ unit: 'binary', maxLength: 5 }),
)

const edit = fc.record({ at: fc.nat(400), cut: fc.nat(12), insert: piece })

const mutated = fc.tuple(fc.constantFrom(...valid), fc.array(edit, { maxLength: 5 })).map(([text, edits]) =>
  edits.reduce((now, { at, cut, insert }) => {
    const start = at % (now.length + 1)
    return now.slice(0, start) + insert + now.slice(start + cut)
  }, text),
)

const text = fc.oneof(
  { weight: 4, arbitrary: mutated },
  { weight: 1, arbitrary: fc.array(piece, { maxLength: 40 }).map(pieces => pieces.join('')) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 200 }) },
)

/** Throws if what the reader says about a text is not what it promises. */
function holds(text: string) {
  const started = performance.now()
  const parsed = parseFarmConfig(text, 'farm.yaml')
  if (performance.now() - started > 5000) throw new Error('too slow')
  if (parsed.ok) {
    const names = parsed.config.hosts.map(({ name }) => name)
    if (names.length === 0 || new Set(names).size !== names.length) throw new Error('hosts')
    for (const { ssh, dir, jobs } of parsed.config.hosts) {
      if (ssh !== null && !/^[\w[][\w.+:@/[\]-]*$/.test(ssh)) throw new Error(`ssh: ${ssh}`)
      if (!/^(?:\/[\w.+@=-]+)+$/.test(dir) || dir.split('/').includes('..')) throw new Error(`dir: ${dir}`)
      if (!Number.isInteger(jobs) || jobs < 1 || jobs > 1024) throw new Error(`jobs: ${jobs}`)
    }
    return
  }
  const { problems } = parsed
  if (problems.length < 1 || problems.length > 20) throw new Error(`${problems.length} problems`)
  const lines = text.split('\n')
  let last = 0
  for (const { line, column, length, message, hint, source } of problems) {
    const own = Array.from(source ?? '').length
    if (line < 1 || line > lines.length || line < last) throw new Error(`line ${line}`)
    if (column < 1 || column > own + 1 || length < 1) throw new Error(`column ${column}, length ${length}`)
    if (message === '' || hint === '' || /[\r\n]/.test(message + hint)) throw new Error('words')
    last = line
  }
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(formatProblems(parsed))) throw new Error('control characters')
}

void t.test('whatever the text: a good configuration, or problems with a place', t => {
  fc.assert(fc.property(text, holds), { numRuns: 800, interruptAfterTimeLimit: 1500, markInterruptAsFailure: false })
  for (const text of valid) t.ok(parseFarmConfig(text, 'farm.yaml').ok)
  t.end()
})

void t.test('whatever the target: one harmless word, or a reason', t => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(piece).map(pieces => `ssh://a@${pieces.join('')}`),
      ),
      text => {
        const parsed = parseSshTarget(text)
        if (
          parsed.ok &&
          (!/^[\w.+:@/[\]-]+$/.test(text) || text.startsWith('-') || parsed.target.host.startsWith('-'))
        ) {
          throw new Error(text)
        }
      },
    ),
    { numRuns: 1000, interruptAfterTimeLimit: 1000, markInterruptAsFailure: false },
  )
  t.end()
})

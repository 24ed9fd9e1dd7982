import t from 'tap'
import { type Trial, trialProblem, trialSteps } from '../../lib/core/trial.ts'

const trial: Trial = {
  python: '/usr/bin/python3',
  flags: ['-O2 -march=native'],
  chost: 'x86_64-pc-linux-gnu',
  pkgdir: '/var/cache/binpkgs',
  tmpdir: '/var/tmp',
}
const here = new Map([
  ['-O2 -march=native', { options: ['-march=znver3', '-mavx2'], instead: ['-march=znver3', '-mno-sgx'] }],
])

void t.test('what is run', t => {
  const steps = trialSteps({ ...trial, flags: ['-O2', "-O3 -DX='a b'"] })
  t.strictSame(
    steps.map(step => step.name),
    ['bash', 'Portage', 'the compiler', 'the compiler'],
  )
  t.strictSame(steps[2]?.argv.slice(3), ['trial', 'x86_64-pc-linux-gnu', '-O2'], 'flags are words, not shell text')
  t.ok(
    steps.every(step => !step.network && step.argv[0]?.startsWith('/')),
    'without the network, by full paths',
  )
  t.end()
})

void t.test('what does not run is named', t => {
  const problem = (code: number, step: string, output = ''): unknown =>
    trialProblem({ code, step, output }, trial, here)
  const cpu = 'its CPU lacks instructions that it uses'
  t.match(problem(-4, 'bash'), { name: 'execution', text: `bash of this system does not run there: ${cpu}` })
  t.match(problem(132, 'the compiler'), { name: 'execution', level: 'refuse', text: new RegExp(cpu) })
  t.match(problem(-11, 'Portage'), { text: 'Portage of this system does not run there: signal 11' })
  t.match(problem(1, 'Portage', 'Traceback\nImportError: no portage\n'), { text: /there: ImportError: no portage$/ })
  t.match(problem(3, 'bash'), { text: /exit code 3$/ })
  t.match(problem(1, 'bash', 'x'.repeat(2 ** 20)), { text: /^.{1,2048}$/ })
  t.end()
})

void t.test('native must mean the same there', t => {
  const end = (said: string): unknown => trialProblem({ code: 0, step: 'the compiler', output: said }, trial, here)
  t.equal(end(' /usr/libexec/cc1 -quiet -march=znver3 -mavx2 -o x\n'), null)
  t.strictSame(end('a line\n /usr/libexec/cc1 -quiet -march=skylake -mavx2 -o x\n'), {
    name: 'cpu',
    level: 'refuse',
    text: '-march=native means -march=znver3 here and -march=skylake there',
    mend: 'write -march=znver3 -mno-sgx in the place of it in make.conf',
  })
  t.match(end(' /usr/libexec/cc1 -march=znver3 -o x\n'), {
    text: '-march=native means -mavx2 here and nothing more there',
  })
  t.equal(end(''), null, 'a root without a compiler compiles nothing')
  t.end()
})

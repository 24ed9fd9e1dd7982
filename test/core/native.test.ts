import t from 'tap'
import { explicitFlags, isNative, machineFlags, targetOptions } from '../../lib/core/native.ts'

void t.test('which flags choose instructions, and which leave that to the machine', t => {
  t.strictSame(machineFlags(' -O2 -march=native  -pipe -mno-avx\n-fmath-errno '), ['-march=native', '-mno-avx'])
  for (const flags of [
    '-O2 -march=native',
    '-mcpu=native -O2',
    '-mtune=native',
    '-C target-cpu=native',
    '-Ctarget-cpu=native',
  ]) {
    t.equal(isNative(flags), true, flags)
  }
  for (const flags of ['', '-O2 -march=nativex', '-march=skylake', '-DNAME=-march=native', '-C target-cpu=znver3']) {
    t.equal(isNative(flags), false, flags)
  }
  t.end()
})

void t.test('the line of the compiler proper', t => {
  const gcc = [
    'Using built-in specs.',
    'Target: x86_64-pc-linux-gnu',
    ' /usr/libexec/gcc/x86_64-pc-linux-gnu/13/cc1 -quiet "-imultilib" . /dev/null "-march=znver3" -mmmx -mno-sgx --param' +
      ' "l1-cache-size=32" --param "l1-cache-line-size=64" "-mtune=znver3" -o /tmp/x.s',
    ' as --64 -o /dev/null /tmp/x.s',
  ].join('\n')
  t.strictSame(targetOptions(gcc), [
    ...['-march=znver3', '-mmmx', '-mno-sgx', 'l1-cache-size=32', 'l1-cache-line-size=64', '-mtune=znver3'],
  ])
  const clang = ' "/usr/lib/llvm/17/bin/clang-17" "-cc1" "-target-cpu" "znver3" "-target-feature" "+avx2" "-x" "c"'
  t.strictSame(targetOptions(clang), ['znver3', '+avx2'])
  t.equal(targetOptions('gcc: error: bad value'), null)
  t.end()
})

void t.test('what to write in the place of native', t => {
  const native = '  -mabm      \t[enabled]\n  -mavx     [enabled]\n  -mavx512f  [disabled]\n  -mbranch-cost= \t3\n'
  const named = '  -mabm      \t[disabled]\n  -mavx     [enabled]\n  -mavx512f  [enabled]\n'
  t.strictSame(explicitFlags(['-march=skylake', '-mabm', '-mtune=skylake'], native, named), [
    ...['-march=skylake', '-mtune=skylake', '-mabm', '-mno-avx512f'],
  ])
  t.end()
})

import t from 'tap'
import { cpuNeeds, needs32Bit, runs, sameCpu } from '../../lib/core/cpu.ts'

void t.test('instructions by the compiler’s macros and by USE flags, each with what asks for it', t => {
  const flags = [
    { text: 'CFLAGS="-march=haswell"', macros: ['__AVX2__', '__x86_64__', '__SSE3__', '__XSAVES__'] },
    { text: 'CXXFLAGS="-march=haswell"', macros: ['__AVX2__'] },
    { text: 'CFLAGS="-mfoo"', macros: null },
  ]
  const use = ['cpu_flags_x86_sse2', 'cpu_flags_x86_fma3', 'cpu_flags_x86_avx2', 'cpu_flags_arm_crc32', 'ssl']
  const unknown = { identity: '', flags: [] }
  t.strictSame(cpuNeeds(flags, use, unknown), [
    { flag: 'avx2', because: 'CFLAGS="-march=haswell"' },
    { flag: 'crc32', because: 'USE=cpu_flags_arm_crc32' },
    { flag: 'fma', because: 'USE=cpu_flags_x86_fma3' },
    { flag: 'pni', because: 'CFLAGS="-march=haswell"' },
  ])
  t.strictSame(cpuNeeds([{ text: '', macros: ['constructor', 'toString'] }], ['cpu_flags_x86_constructor'], unknown), [
    { flag: 'constructor', because: 'USE=cpu_flags_x86_constructor' },
  ])
  t.strictSame(
    cpuNeeds(flags, use, { identity: '', flags: ['pni', 'avx2', 'sse'] }).map(each => each.flag),
    ['avx2', 'pni'],
    'what this kernel does not list is not asked of others',
  )
  t.end()
})

void t.test('which machine runs what', t => {
  for (const [host, client, can] of [
    ['x86_64', 'x86_64', true],
    ['x86_64', 'i686', true],
    ['i686', 'x86_64', false],
    ['i686', 'i586', true],
    ['aarch64', 'armv7l', true],
    ['armv7l', 'aarch64', false],
    ['aarch64', 'x86_64', false],
    ['ppc64', 'ppc64le', false],
    ['riscv64', 'riscv64', true],
  ] as const) {
    t.equal(runs(host, client), can, `${client} on ${host}`)
  }
  t.equal(needs32Bit('x86_64', 'i686'), true)
  t.equal(needs32Bit('aarch64', 'armv7l'), true)
  t.equal(needs32Bit('x86_64', 'x86_64'), false)
  t.equal(needs32Bit('i686', 'i586'), false)
  t.end()
})

void t.test('the same processor', t => {
  const cpu = { identity: 'GenuineIntel 6 85', flags: ['avx', 'fpu'] }
  t.equal(sameCpu(cpu, { ...cpu }), true)
  t.equal(sameCpu(cpu, { ...cpu, flags: ['fpu'] }), false)
  t.equal(sameCpu(cpu, { ...cpu, identity: 'GenuineIntel 6 86' }), false)
  t.end()
})

/** Which instructions builds may use, and which of them a host's processor has. */
import type { ClientNeeds, Cpu, CpuNeeds } from './host-facts.ts'

/** GCC's and Clang's macro for an instruction set → the kernel's word in /proc/cpuinfo. Unprivileged ones only. */
const MACROS: Record<string, string> = {
  // x86: "Intel and AMD built-in macros" of GCC; arch/x86/include/asm/cpufeatures.h of Linux.
  __SSE3__: 'pni',
  __SSSE3__: 'ssse3',
  __SSE4_1__: 'sse4_1',
  __SSE4_2__: 'sse4_2',
  __SSE4A__: 'sse4a',
  __AVX__: 'avx',
  __AVX2__: 'avx2',
  __AVXVNNI__: 'avx_vnni',
  __AVX512F__: 'avx512f',
  __AVX512CD__: 'avx512cd',
  __AVX512BW__: 'avx512bw',
  __AVX512DQ__: 'avx512dq',
  __AVX512VL__: 'avx512vl',
  __AVX512IFMA__: 'avx512ifma',
  __AVX512VBMI__: 'avx512vbmi',
  __AVX512VBMI2__: 'avx512_vbmi2',
  __AVX512VNNI__: 'avx512_vnni',
  __AVX512BITALG__: 'avx512_bitalg',
  __AVX512VPOPCNTDQ__: 'avx512_vpopcntdq',
  __AVX512BF16__: 'avx512_bf16',
  __AVX512FP16__: 'avx512_fp16',
  __AVX512VP2INTERSECT__: 'avx512_vp2intersect',
  __AMX_TILE__: 'amx_tile',
  __AMX_INT8__: 'amx_int8',
  __AMX_BF16__: 'amx_bf16',
  __FMA__: 'fma',
  __FMA4__: 'fma4',
  __XOP__: 'xop',
  __TBM__: 'tbm',
  __LWP__: 'lwp',
  __F16C__: 'f16c',
  __BMI__: 'bmi1',
  __BMI2__: 'bmi2',
  __LZCNT__: 'abm',
  __POPCNT__: 'popcnt',
  __MOVBE__: 'movbe',
  __AES__: 'aes',
  __VAES__: 'vaes',
  __PCLMUL__: 'pclmulqdq',
  __VPCLMULQDQ__: 'vpclmulqdq',
  __GFNI__: 'gfni',
  __SHA__: 'sha_ni',
  __RDRND__: 'rdrand',
  __RDSEED__: 'rdseed',
  __ADX__: 'adx',
  __FSGSBASE__: 'fsgsbase',
  __RTM__: 'rtm',
  __XSAVE__: 'xsave',
  __CLFLUSHOPT__: 'clflushopt',
  __CLWB__: 'clwb',
  __MOVDIRI__: 'movdiri',
  __MOVDIR64B__: 'movdir64b',
  __RDPID__: 'rdpid',
  __WAITPKG__: 'waitpkg',
  __SERIALIZE__: 'serialize',
  __3dNOW__: '3dnow',
  __3dNOW_A__: '3dnowext',
  // AArch64: "Arm C Language Extensions"; arch/arm64/kernel/cpuinfo.c of Linux.
  __ARM_FEATURE_CRC32: 'crc32',
  __ARM_FEATURE_AES: 'aes',
  __ARM_FEATURE_SHA2: 'sha2',
  __ARM_FEATURE_SHA3: 'sha3',
  __ARM_FEATURE_SHA512: 'sha512',
  __ARM_FEATURE_ATOMICS: 'atomics',
  __ARM_FEATURE_QRDMX: 'asimdrdm',
  __ARM_FEATURE_DOTPROD: 'asimddp',
  __ARM_FEATURE_FP16_SCALAR_ARITHMETIC: 'fphp',
  __ARM_FEATURE_FP16_VECTOR_ARITHMETIC: 'asimdhp',
  __ARM_FEATURE_FP16_FML: 'asimdfhm',
  __ARM_FEATURE_JCVT: 'jscvt',
  __ARM_FEATURE_COMPLEX: 'fcma',
  __ARM_FEATURE_RCPC: 'lrcpc',
  __ARM_FEATURE_FRINT: 'frint',
  __ARM_FEATURE_MATMUL_INT8: 'i8mm',
  __ARM_FEATURE_BF16: 'bf16',
  __ARM_FEATURE_SVE: 'sve',
  __ARM_FEATURE_SVE2: 'sve2',
  __ARM_FEATURE_SME: 'sme',
}

/** Gentoo's CPU_FLAGS_X86 and CPU_FLAGS_ARM, where they are not the kernel's words. */
const USE_FLAGS: Record<string, string> = {
  sse3: 'pni',
  fma3: 'fma',
  pclmul: 'pclmulqdq',
  sha: 'sha_ni',
  avx512_bitalg: 'avx512_bitalg',
  avx512_vp2intersect: 'avx512_vp2intersect',
  aes: 'aes',
}

/** Those that every processor of the architecture has, or that are no instructions. */
const NO_FLAGS = new Set([
  'mmx',
  'mmxext',
  'sse',
  'sse2',
  'neon',
  'thumb',
  'thumb2',
  'v4',
  'v5',
  'v6',
  'v7',
  'v8',
  'vfp',
])

/** A set of flags for compilers, as packages of a plan are configured with, and what the client's compiler makes of it. */
export interface CompilerFlags {
  /** `CFLAGS="-O2 -march=…"`, for people. */
  text: string
  /** The macros that the compiler defines with them. Null: there is no compiler, or it does not take the flags. */
  macros: readonly string[] | null
}

/**
 * What the processor of a host must have. What the client's own kernel does not list is not asked for: kernels hide what is
 * broken in a processor (RDSEED of some), and compilers do not know.
 *
 * @param use the USE flags of the plan's packages
 * @param client its processor
 */
export function cpuNeeds(flags: readonly CompilerFlags[], use: Iterable<string>, client: Cpu): CpuNeeds['flags'] {
  const needed = new Map<string, string>()
  for (const { text, macros } of flags) {
    for (const macro of macros ?? []) {
      const flag = Object.hasOwn(MACROS, macro) ? MACROS[macro] : undefined
      if (flag !== undefined && !needed.has(flag)) needed.set(flag, text)
    }
  }
  for (const each of use) {
    const word = /^cpu_flags_(?:x86|arm)_(.+)$/.exec(each)?.[1]
    if (word === undefined || NO_FLAGS.has(word)) continue
    const flag = (Object.hasOwn(USE_FLAGS, word) ? USE_FLAGS[word] : undefined) ?? word
    if (!needed.has(flag)) needed.set(flag, `USE=${each}`)
  }
  const listed = client.flags.length === 0 ? needed : new Set(client.flags)
  const asked = [...needed].filter(([flag]) => listed.has(flag))
  return asked.map(([flag, because]) => ({ flag, because })).sort((a, b) => (a.flag < b.flag ? -1 : 1))
}

/** What the host's processor lacks; null if nothing. A host that says nothing of its processor is found out otherwise. */
export function cpuLack(needs: CpuNeeds, cpu: Cpu): { flags: string[]; because: string } | null {
  if (cpu.flags.length === 0) return null
  const has = new Set(cpu.flags)
  const lacking = needs.flags.filter(({ flag }) => !has.has(flag))
  const [first] = lacking
  return first ? { flags: lacking.map(({ flag }) => flag), because: first.because } : null
}

/** Whether "native" means the same on two processors, as far as that can be told from what the kernel says of them. */
export function sameCpu(one: Cpu, other: Cpu): boolean {
  return one.identity === other.identity && one.flags.join(' ') === other.flags.join(' ')
}

/** The machines that run the programs of another, besides their own. */
const ALSO_RUNS: Record<string, string[]> = {
  x86_64: ['i386', 'i486', 'i586', 'i686'],
  i686: ['i386', 'i486', 'i586'],
  aarch64: ['armv5tel', 'armv6l', 'armv7l', 'armv8l'],
  armv8l: ['armv5tel', 'armv6l', 'armv7l'],
  armv7l: ['armv5tel', 'armv6l'],
  ppc64: ['ppc'],
  s390x: ['s390'],
  sparc64: ['sparc'],
  mips64: ['mips'],
  parisc64: ['parisc'],
}

/** Whether a machine runs what is built for another. */
export function runs(host: string, client: ClientNeeds['machine']): boolean {
  return host === client || (ALSO_RUNS[host] ?? []).includes(client)
}

/** Whether jobs must be told that they are on a 32-bit machine: the client is one, and the host is not. */
export function needs32Bit(host: string, client: ClientNeeds['machine']): boolean {
  return host !== client && /64|s390x/.test(host) && !client.includes('64')
}

/** The client's own compiler: what it makes of the flags that packages are built with. */
import { readFile, realpath, stat } from 'node:fs/promises'
import { execa } from 'execa'
import type { CompilerFlags } from '../core/cpu.ts'
import type { Cpu } from '../core/host-facts.ts'
import { explicitFlags, machineFlags, targetOptions } from '../core/native.ts'

/** The compilers that are looked for, in this order; the first that is there speaks for all. */
const compilers = (chost: string): string[] => [...(chost === '' ? [] : [`${chost}-gcc`]), 'gcc', 'clang']

const NOTHING = ['-x', 'c', '/dev/null']

export class Toolchain {
  readonly #chost: string
  #compiler: Promise<string | null> | null = null
  readonly #described = new Map<string, Promise<CompilerFlags>>()

  constructor(chost: string) {
    this.#chost = chost
  }

  /** What instructions the flags allow. `name`: the variable that has them. */
  async describe(name: string, flags: string): Promise<CompilerFlags> {
    const options = machineFlags(flags)
    const text = `${name}="${options.join(' ')}"`
    // Without any the compiler's own choice is that of the whole system.
    const known = this.#described.get(options.join(' ')) ?? this.#describe(text, options)
    this.#described.set(options.join(' '), known)
    return known
  }

  /** What `native` among the flags means here; null where the compiler cannot say. */
  async targetOptions(flags: string): Promise<string[] | null> {
    const said = await this.#ask([...machineFlags(flags), '-###', '-c', ...NOTHING, '-o', '/dev/null'])
    return said === null ? null : targetOptions(said.stderr)
  }

  /** What to write in the place of flags with `native`, to mean the same on every machine. */
  async withoutNative(flags: string): Promise<string[]> {
    const options = (await this.targetOptions(flags)) ?? []
    const named = options.filter(option => /^-m(arch|cpu|tune)=/.test(option))
    const [native, byName] = await Promise.all(
      [machineFlags(flags), named].map(async each => this.#ask([...each, '-Q', '--help=target'])),
    )
    return explicitFlags(options, native?.stdout ?? '', byName?.stdout ?? '')
  }

  /**
   * Says, by files and their times, which tool chain this is: while it stays the same, a host that could run it can.
   * `python`: the interpreter of Portage.
   */
  async stamp(python: string): Promise<string> {
    const programs = await Promise.all(
      ['-print-prog-name=cc1', '-print-prog-name=as', '-print-file-name=libc.so.6'].map(async option =>
        this.#ask([option]),
      ),
    )
    const paths = ['/bin/bash', python, ...programs.map(each => each?.stdout.trim() ?? '')]
    return (await Promise.all(paths.map(fileStamp))).join(' ')
  }

  async #describe(text: string, options: string[]): Promise<CompilerFlags> {
    const said = await this.#ask([...options, '-dM', '-E', ...NOTHING])
    const macros = said && [...said.stdout.matchAll(/^#define (\w+)/gm)].map(found => found[1] ?? '')
    return { text, macros }
  }

  /** Null: there is no compiler, or it does not take the words. */
  async #ask(words: string[]): Promise<{ stdout: string; stderr: string } | null> {
    this.#compiler ??= this.#find()
    const compiler = await this.#compiler
    if (compiler === null) return null
    const { exitCode, stdout, stderr } = await execa(compiler, words, { ...OPTIONS })
    return exitCode === 0 ? { stdout, stderr } : null
  }

  async #find(): Promise<string | null> {
    for (const compiler of compilers(this.#chost)) {
      const { exitCode } = await execa(compiler, ['-dumpmachine'], { ...OPTIONS })
      if (exitCode === 0) return compiler
    }
    return null
  }
}

const OPTIONS = { reject: false, stdin: 'ignore', env: { LC_ALL: 'C' } } as const

async function fileStamp(path: string): Promise<string> {
  try {
    const real = await realpath(path)
    const { size, mtimeMs } = await stat(real)
    return `${real}:${size}:${mtimeMs}`
  } catch {
    return `${path}:absent`
  }
}

/** This machine's processor, as the agent tells of a host's. */
export async function clientCpu(): Promise<Cpu> {
  const blocks = (await readFile('/proc/cpuinfo', 'utf8')).split('\n\n').map(block => {
    const lines = block.split('\n').map(line => /^([^\t:]+?)\s*:[ \t]*(.*)$/.exec(line))
    return new Map(lines.flatMap(found => (found ? [[found[1] ?? '', found[2] ?? ''] as const] : [])))
  })
  const flags = blocks.flatMap(block => {
    const words = block.get('flags') ?? block.get('Features')
    return words === undefined ? [] : [new Set(words.trim().split(/\s+/))]
  })
  const [first = new Set<string>()] = flags
  const names = ['vendor_id', 'cpu family', 'model', 'CPU implementer', 'CPU part', 'cpu']
  return {
    flags: [...first].filter(flag => flags.every(each => each.has(flag))).sort(),
    identity: names.flatMap(name => blocks[0]?.get(name) ?? []).join(' '),
  }
}

/** What this client asks of its hosts: found out once a run, for all of them. */
import { machine } from 'node:os'
import { type CompilerFlags, cpuNeeds } from '../core/cpu.ts'
import type { ClientNeeds, CpuNeeds } from '../core/host-facts.ts'
import { isNative } from '../core/native.ts'
import type { PlanRequest } from '../core/request.ts'
import type { NativeHere, Trial } from '../core/trial.ts'
import type { RootSize } from '../edge/root-size.ts'
import { clientCpu, Toolchain } from '../edge/toolchain.ts'

/** The variables whose machine options a compiler of C understands as well. */
const COMPILED = ['CFLAGS', 'CXXFLAGS']

/** How many different sets of flags are looked at, of a plan with many: those of the first packages. */
const MOST_FLAGS = 8

export class Needs {
  readonly #toolchain: Toolchain
  readonly #python: string
  readonly #root: () => Promise<RootSize>
  #client: Promise<ClientNeeds> | null = null

  /** `python`: the interpreter of Portage. `root`: what a copy of this system takes. */
  constructor({ chost, python }: { chost: string; python: string }, root: () => Promise<RootSize>) {
    this.#toolchain = new Toolchain(chost)
    this.#python = python
    this.#root = root
  }

  /** Before there is a plan: by the flags that are configured for all packages. */
  async client(variables: Record<string, string>): Promise<ClientNeeds> {
    this.#client ??= Promise.all([this.#cpu([variables], []), this.#root()]).then(([cpu, root]) => ({
      machine: machine(),
      cpu,
      root,
    }))
    return this.#client
  }

  /** By the flags of the packages of a plan, and what they were told of the CPU by USE flags. */
  async ofPlan({ packages, mergeList }: PlanRequest): Promise<CpuNeeds> {
    const listed = new Set(mergeList)
    const built = packages.filter(each => listed.has(each.id) && each.type === 'ebuild')
    return this.#cpu(
      built.map(each => each.variables),
      new Set(built.flatMap(each => each.use.filter(flag => flag.startsWith('cpu_flags_')))),
    )
  }

  /** The trial of a plan's flags, what its native flags mean here, and a name for all that it tries. */
  async trial({
    settings,
    packages,
    mergeList,
  }: PlanRequest): Promise<{ trial: Trial; native: NativeHere; name: string }> {
    const listed = new Set(mergeList)
    const flags = distinct(packages.filter(each => listed.has(each.id)).map(each => each.variables['CFLAGS'] ?? ''))
    const { PKGDIR: pkgdir, PORTAGE_TMPDIR: tmpdir, CHOST: chost } = settings
    const native = await Promise.all(
      flags.filter(isNative).map(async each => {
        const [options, instead] = await Promise.all([
          this.#toolchain.targetOptions(each),
          this.#toolchain.withoutNative(each),
        ])
        return [each, options && { options, instead }] as const
      }),
    )
    return {
      trial: { python: this.#python, flags, chost, pkgdir, tmpdir },
      native: new Map(native.flatMap(([each, found]) => (found ? [[each, found] as const] : []))),
      name: [
        await this.#toolchain.stamp(this.#python),
        ...flags,
        ...native.map(([, found]) => found?.options.join(' ')),
      ].join('\n'),
    }
  }

  async #cpu(sets: readonly Record<string, string>[], use: Iterable<string>): Promise<CpuNeeds> {
    const named = COMPILED.flatMap(name =>
      distinct(sets.map(each => each[name] ?? '')).map(text => [name, text] as const),
    )
    const flags: CompilerFlags[] = await Promise.all(
      named.map(async ([name, text]) => this.#toolchain.describe(name, text)),
    )
    // What Rust makes of it cannot be asked of a C compiler; nor can it be where there is none.
    const unknown = [
      ...sets.flatMap(each => (isNative(each['RUSTFLAGS'] ?? '') ? [`RUSTFLAGS="${each['RUSTFLAGS'] ?? ''}"`] : [])),
      ...named.flatMap(([, text], index) =>
        isNative(text) && flags[index]?.macros === null ? [flags[index].text] : [],
      ),
    ]
    const [because] = unknown
    const cpu = await clientCpu()
    return {
      flags: cpuNeeds(flags, use, cpu),
      same: because === undefined ? null : { because: `${because} means this machine's CPU`, ...cpu },
    }
  }
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts.map(each => each.trim()).filter(each => each !== ''))].slice(0, MOST_FLAGS)
}

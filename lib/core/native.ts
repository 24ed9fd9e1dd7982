/** What `-march=native` means to a compiler on a machine, read from what it says (GCC's -### and -Q --help=target). */

/** The options among compiler flags that choose instructions: `-march=native`, `-mavx2`, `-mno-sse4`. */
export function machineFlags(flags: string): string[] {
  return flags.split(/\s+/).filter(flag => flag.startsWith('-m'))
}

/** Whether flags for a compiler (GCC's, Clang's or Rust's) leave the choice of instructions to the machine it runs on. */
export function isNative(flags: string): boolean {
  return /(^|\s)-m(arch|cpu|tune)=native(\s|$)|target-cpu=native/.test(flags)
}

/** The target options that the driver hands to the compiler proper, out of its `-###`. Null if there is no such line. */
export function targetOptions(said: string): string[] | null {
  const line = said.split('\n').find(each => /^ .*(cc1|"-cc1")/.test(each))
  if (line === undefined) return null
  const words = (line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map(word => word.replaceAll(/^"|"$/g, ''))
  return words.filter(
    (word, index) =>
      /^-m|^--param=|cache-(line-)?size=/.test(word) ||
      ['-target-cpu', '-target-feature'].includes(words[index - 1] ?? ''),
  )
}

/** The flags that mean on every machine what `native` means on this one: `-march=` as GCC found it, and what differs. */
export function explicitFlags(options: readonly string[], native: string, named: string): string[] {
  const chosen = options.filter(option => /^-m(arch|cpu|tune)=/.test(option))
  const defaults = new Map(switches(named))
  const others = switches(native).filter(([name, state]) => defaults.get(name) !== state)
  return [...chosen, ...others.map(([name, state]) => (state ? name : name.replace('-m', '-mno-')))]
}

/** `  -mavx   [enabled]` of `-Q --help=target`. */
function switches(said: string): [name: string, enabled: boolean][] {
  return [...said.matchAll(/^\s+(-m[a-z0-9.-]+)\s+\[(enabled|disabled)\]/gim)].map(found => [
    found[1] ?? '',
    found[2] === 'enabled',
  ])
}

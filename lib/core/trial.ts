/** The trial of a host that has the client's root: its programs are run before any package is sent there. */
import type { Command } from './commands.ts'
import type { HostProblem } from './host-facts.ts'
import { isNative, machineFlags, targetOptions } from './native.ts'
import { asReason } from './reason.ts'

export interface Trial {
  /** The interpreter of Portage. */
  python: string
  /** The flags that the plan's packages are compiled with: each is tried. */
  flags: string[]
  /** Empty: not set. */
  chost: string
  pkgdir: string
  tmpdir: string
}

/** What is run, and what each step is called: its name says what cannot be run. */
export function trialSteps({ python, flags, chost, tmpdir }: Trial): (Omit<Command, 'name'> & { name: string })[] {
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LC_ALL: 'C' }
  const step = (name: string, ...argv: string[]): Omit<Command, 'name'> & { name: string } => ({
    name,
    argv,
    env: { ...env, TMPDIR: tmpdir },
    network: false,
  })
  return [
    step('bash', '/bin/bash', '-c', ':'),
    step('Portage', python, '-B', '-c', 'import portage'),
    ...flags.map(each => step('the compiler', '/bin/bash', '-c', COMPILE, 'trial', chost, ...words(each))),
  ]
}

/** Whether a host without a compiler in the client's root can build is not this trial's question. */
const COMPILE = `
for cc in \${1:+"$1-gcc"} gcc clang none; do command -v $cc >/dev/null && break; done
shift
[ $cc != none ] || exit 0
cd "$TMPDIR" || exit
case " $* " in *=native\\ *) $cc "$@" -### -c -x c /dev/null -o /dev/null 2>&1 | grep cc1;; esac
printf 'int main(void) { return 0; }\\n' >trial.c
$cc "$@" -o trial trial.c && ./trial
`

function words(flags: string): string[] {
  return flags.split(/\s+/).filter(flag => flag !== '')
}

/** How a trial ended: of the agent's answer what counts. */
export interface TrialEnd {
  code: number
  step: string
  output?: string
}

/** What the client's own compiler says of flags with `native`, by flags. `instead`: what means the same everywhere. */
export type NativeHere = ReadonlyMap<string, { options: string[]; instead: string[] }>

/** What keeps a host from building, as its trial shows it; null if nothing does. */
export function trialProblem(end: TrialEnd, { flags }: Trial, native: NativeHere): HostProblem | null {
  if (end.code !== 0) {
    const how = signalOf(end.code)
    const last = (end.output ?? '').trim().split('\n').at(-1) ?? ''
    const why = how === 4 ? 'its CPU lacks instructions that it uses' : how ? `signal ${how}` : last
    const text = asReason(
      `${end.step} of this system does not run there: ${why === '' ? `exit code ${end.code}` : why}`,
    )
    const mend = how === 4 ? 'build this system for a CPU that all hosts have' : ''
    return { name: 'execution', level: 'refuse', text, mend }
  }
  const said = (end.output ?? '').split('\n').filter(line => /cc1/.test(line))
  for (const [index, each] of flags.filter(isNative).entries()) {
    const here = native.get(each)
    const there = targetOptions(said[index] ?? '')
    if (!here || !there || here.options.join(' ') === there.join(' ')) continue
    const found = differenceOf(here.options, there)
    return {
      name: 'cpu',
      level: 'refuse',
      text: asReason(`${machineFlags(each).join(' ')} means ${found.here} here and ${found.there} there`),
      mend: `write ${here.instead.join(' ')} in the place of it in make.conf`,
    }
  }
  return null
}

/** 128 and a signal is what a shell makes of it. */
function signalOf(code: number): number {
  return code < 0 ? -code : code > 128 ? code - 128 : 0
}

function differenceOf(here: string[], there: string[]): { here: string; there: string } {
  const only = (these: string[], those: string[]): string => {
    const missing = these.filter(each => !those.includes(each))
    return missing.find(each => each.startsWith('-march=')) ?? missing[0] ?? 'nothing more'
  }
  return { here: only(here, there), there: only(there, here) }
}

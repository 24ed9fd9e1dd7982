/** Was a package built with the flags that are configured here? */
import type { RequestPackage } from '../request.ts'
import type { Mismatch } from './found.ts'

type Variables = Readonly<Record<string, string>>

/** Flags that choose a processor. */
const MACHINE = /^-m(arch|cpu|tune)=/
/** What `-march=native` may have been replaced by. */
const RESOLVED = /^(-m|--param)/

/** What Portage gave to the build, before any ebuild could change it, is what is configured here. */
export function compareConfigured(planned: Variables, configured: Variables): Mismatch[] {
  const names = [...new Set([...Object.keys(planned), ...Object.keys(configured)])].sort()
  return names.flatMap(name => compare(`configured ${name}`, planned[name] ?? '', configured[name] ?? ''))
}

/**
 * What Portage recorded after src_install. An ebuild may have filtered, appended or exported by then, rightly: what may
 * differ is decided by what the ebuild, its eclasses and the bashrc files name.
 *
 * - CHOST is always the configured one, since Portage puts it back.
 * - A variable that none of them names is the configured one.
 * - Of one that they name, -march, -mcpu and -mtune are those configured, or absent (strip-flags, filter-flags), unless
 *   one of them names these flags themselves.
 */
export function compareRecorded(planned: RequestPackage, found: Variables): Mismatch[] {
  const { variables, expected } = planned
  const exact = new Set(expected?.unchanged ?? ['CHOST'])
  const names = [...new Set([...Object.keys(variables), ...Object.keys(found)])].sort()
  return names.flatMap(name => {
    const [wanted, got] = [variables[name] ?? '', found[name] ?? '']
    if (exact.has(name)) return compare(name, wanted, got)
    return expected?.keepsMachine === true && name.endsWith('FLAGS') ? compareMachine(name, wanted, got) : []
  })
}

function compare(what: string, planned: string, found: string): Mismatch[] {
  return flags(planned, planned) === flags(found, planned) ? [] : [{ what, planned, found }]
}

function compareMachine(what: string, planned: string, found: string): Mismatch[] {
  if (isNative(planned)) return []
  const wanted = planned.split(' ')
  const others = found.split(' ').some(flag => MACHINE.test(flag) && !wanted.includes(flag))
  return others ? [{ what, planned, found }] : []
}

/** Where `native` is configured, the flags that it stands for are the processor's. */
function flags(value: string, planned: string): string {
  if (!isNative(planned)) return value
  const kept = value.split(' ').filter((flag, index, all) => !RESOLVED.test(flag) && all[index - 1] !== '--param')
  return kept.join(' ')
}

function isNative(planned: string): boolean {
  return planned.split(' ').some(flag => MACHINE.test(flag) && flag.endsWith('=native'))
}

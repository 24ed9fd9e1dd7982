/** Whether a host can build for this client: what it says of itself, compared with what is needed. */
import { cpuLack, runs, sameCpu } from './cpu.ts'
import type { ClientNeeds, CpuNeeds, FarmDirectory, HostFacts, HostProblem } from './host-facts.ts'
import { installing, kernelFeature, SET_CLOCK } from './mending.ts'
import { asReason } from './reason.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

/** What must be free on a host for job roots and packages, besides the copy of the root. */
export const RESERVE = { bytes: GIB, files: 50_000 }
/** Memory below which a host may not build much. */
export const LEAST_MEMORY = 512 * MIB
/** Seconds that a host's clock may be off. Make and configure compare the times of files of both machines. */
export const CLOCK = { warn: 5, refuse: 60 }
/** `--info=progress2` and protected arguments. */
const RSYNC = [3, 1]
const LEAST = { openFiles: 1024, processes: 512 }

/** How a host is named in farm.yaml, and how much it is to do. */
export interface Asked {
  ssh: string | null
  dir: string
  jobs: number
  /** Whether it is to get a copy of the client's root. */
  mirror: boolean
}

/** What keeps the host from building, and what may. `now`: the client's clock when the facts came, in milliseconds. */
export function hostProblems(facts: HostFacts, needs: ClientNeeds, asked: Asked, now: number): HostProblem[] {
  return [
    ...rights(facts, asked),
    ...architecture(facts, needs),
    ...rsyncProblems(facts),
    ...directory(facts, needs, asked),
    ...memory(facts, asked),
    ...clock(facts, now),
    ...limits(facts),
  ]
}

function refuse(name: HostProblem['name'], text: string, mend = ''): HostProblem {
  return { name, level: 'refuse', text: asReason(text), mend: asReason(mend) }
}

function warn(name: HostProblem['name'], text: string, mend = ''): HostProblem {
  return { name, level: 'warn', text: asReason(text), mend: asReason(mend) }
}

function rights(facts: HostFacts, asked: Asked): HostProblem[] {
  if (facts.uid !== 0) {
    const host = (asked.ssh ?? 'HOST').replace(/^(ssh:\/\/)?([^@]*@)?/, '$1root@')
    return [refuse('rights', `the login is not root's (user ${facts.uid})`, `say ssh: ${host} in farm.yaml`)]
  }
  if (facts.lacksCapabilities.length === 0) return []
  const text = `root lacks ${facts.lacksCapabilities.join(', ')} there`
  return [refuse('rights', text, 'give the container these capabilities, or use the machine itself')]
}

function architecture(facts: HostFacts, needs: ClientNeeds): HostProblem[] {
  if (!runs(facts.machine, needs.machine)) {
    return [refuse('architecture', `it is ${facts.machine}, and this system is ${needs.machine}`)]
  }
  return cpuProblems(facts, needs.cpu)
}

/** Whether its processor runs what is built, and means the same by "native". */
export function cpuProblems({ cpu }: HostFacts, needs: CpuNeeds): HostProblem[] {
  const lack = cpuLack(needs, cpu)
  if (lack) {
    const text = `its CPU does not have ${lack.flags.join(' ')}, which ${lack.because} uses`
    return [refuse('cpu', text, 'choose flags that all hosts can run')]
  }
  const { same } = needs
  if (same && !sameCpu(same, cpu)) {
    const text = `${same.because}, and its CPU (${cpu.identity}) is not this one (${same.identity})`
    return [refuse('cpu', text, 'name the CPU in the place of native')]
  }
  return []
}

/** Whether its rsync can bring the copy and the packages. */
export function rsyncProblems({
  rsync: found,
  distribution,
}: Pick<HostFacts, 'rsync' | 'distribution'>): HostProblem[] {
  const mend = installing('rsync', distribution)
  if (found === null) return [refuse('rsync', 'rsync is not installed', mend)]
  if (isOlder(found.version, RSYNC)) {
    return [refuse('rsync', `rsync is ${found.version}, ${RSYNC.join('.')} or newer is needed`, mend)]
  }
  if (found.lacks.length === 0) return []
  return [
    refuse('rsync', `rsync was built without ${found.lacks.join(' and ')}`, 'install one that was built with them'),
  ]
}

/** Whether a version, `3.2.7`, is before another. One that makes no sense is. */
export function isOlder(version: string, least: readonly number[]): boolean {
  const numbers = version.split('.').map(Number)
  const index = least.findIndex((each, place) => (numbers[place] ?? 0) !== each)
  return index >= 0 && !((numbers[index] ?? 0) > (least[index] ?? 0))
}

function directory(facts: HostFacts, needs: ClientNeeds, asked: Asked): HostProblem[] {
  const { dir } = asked
  // Without the rights for it nothing of this was really tried.
  if (facts.uid !== 0 || facts.lacksCapabilities.length > 0) return []
  if ('error' in facts.directory) {
    const mend = `choose another dir in farm.yaml, or make this one usable`
    return [refuse('directory', `${dir} cannot be used: ${facts.directory.error}`, mend)]
  }
  return [...trials(facts.directory, dir), ...space(facts, facts.directory, needs, asked)]
}

function trials({ trials: tried, kind, options, mountPoint }: FarmDirectory, dir: string): HostProblem[] {
  const problems: HostProblem[] = []
  const remount = (option: string): string => `mount -o remount,${option} ${mountPoint}, or another dir in farm.yaml`
  if (tried.namespaces !== null) {
    const options_ = 'CONFIG_NAMESPACES, CONFIG_PID_NS, CONFIG_IPC_NS, CONFIG_UTS_NS and CONFIG_NET_NS'
    problems.push(refuse('namespaces', `no namespaces for jobs: ${tried.namespaces}`, kernelFeature(options_, null)))
  }
  if (tried.overlay !== null) {
    // The kernel's "no such device" is a file system type that it does not have.
    const mend = /No such device/.test(tried.overlay)
      ? kernelFeature('CONFIG_OVERLAY_FS', 'overlay')
      : 'say dir: in farm.yaml, with a place on ext4, xfs or btrfs'
    problems.push(refuse('overlay', `no overlay can be made below ${dir}, which is on ${kind}: ${tried.overlay}`, mend))
  }
  if (tried.mounts !== null) {
    const text = `proc, tmpfs and devpts cannot be mounted for jobs: ${tried.mounts}`
    problems.push(refuse('mounts', text, kernelFeature('CONFIG_UNIX98_PTYS and CONFIG_TMPFS', null)))
  }
  if (options.includes('noexec')) {
    problems.push(refuse('noexec', `${dir} is on ${mountPoint}, which is mounted noexec`, remount('exec')))
  } else if (tried.execution !== null) {
    problems.push(
      refuse('noexec', `programs below ${dir} cannot be run: ${tried.execution}`, 'say another dir in farm.yaml'),
    )
  }
  if (options.includes('nosuid')) {
    problems.push(
      warn('noexec', `${dir} is on ${mountPoint}, which is mounted nosuid: some packages' tests fail`, remount('suid')),
    )
  }
  return problems
}

function space(facts: HostFacts, found: FarmDirectory, needs: ClientNeeds, { dir, mirror }: Asked): HostProblem[] {
  const copy = mirror && !facts.hasCopy ? needs.root : null
  const bytes = RESERVE.bytes + (copy?.bytes ?? 0)
  const files = RESERVE.files + (copy?.files ?? 0)
  const what = copy ? 'a copy of this system and builds' : 'builds'
  const mend = `free some on ${found.mountPoint}, or say another dir in farm.yaml`
  const problems: HostProblem[] = []
  if (found.freeBytes < bytes) {
    problems.push(refuse('space', `${gib(found.freeBytes)} are free below ${dir}, ${what} need ${gib(bytes)}`, mend))
  }
  if (found.freeFiles !== null && found.freeFiles < files) {
    problems.push(refuse('space', `${found.freeFiles} inodes are free below ${dir}, ${what} need ${files}`, mend))
  }
  return problems
}

function memory(facts: HostFacts, { jobs }: Asked): HostProblem[] {
  if (facts.memory < LEAST_MEMORY) {
    return [warn('memory', `it has ${mib(facts.memory)} of memory: big packages fail there`, 'add swap')]
  }
  if (facts.memory / jobs >= LEAST_MEMORY) return []
  const fit = Math.floor(facts.memory / LEAST_MEMORY)
  return [
    warn('memory', `it has ${mib(facts.memory)} of memory for ${jobs} builds at once`, `say jobs: ${fit} in farm.yaml`),
  ]
}

function clock(facts: HostFacts, now: number): HostProblem[] {
  const off = (facts.clock - now) / 1000
  const seconds = Math.abs(off)
  if (seconds <= CLOCK.warn) return []
  const text = `its clock is ${Math.round(seconds)} s ${off > 0 ? 'ahead' : 'behind'}`
  return [seconds > CLOCK.refuse ? refuse('clock', text, SET_CLOCK) : warn('clock', text, SET_CLOCK)]
}

function limits({ openFiles, processes }: HostFacts): HostProblem[] {
  const tooFew = (limit: number, least: number): boolean => limit >= 0 && limit < least
  const mend = (item: string): string => `raise ${item} for root in /etc/security/limits.conf`
  const problems: HostProblem[] = []
  if (tooFew(openFiles, LEAST.openFiles)) {
    const text = `a process may open ${openFiles} files there, ${LEAST.openFiles} are needed`
    problems.push(refuse('limits', text, mend('nofile')))
  }
  if (tooFew(processes, LEAST.processes)) {
    const text = `a user may have ${processes} processes there, ${LEAST.processes} are needed`
    problems.push(refuse('limits', text, mend('nproc')))
  }
  return problems
}

function gib(bytes: number): string {
  return bytes < GIB ? mib(bytes) : `${(bytes / GIB).toFixed(1)} GiB`
}

function mib(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`
}

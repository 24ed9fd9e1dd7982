/** Whether this system's own programs are fit to talk to hosts that it need not trust with more than builds. */
import { isOlder, rsyncProblems } from './host-check.ts'
import type { HostFacts, HostProblem } from './host-facts.ts'
import { installing } from './mending.ts'

/** What this system has, as a host says it of itself. */
export interface ClientFacts extends Pick<HostFacts, 'rsync' | 'distribution'> {
  /** The faults (CVE-…) that the distribution's own list of changes to its rsync names, whatever its version is. */
  rsyncMended: readonly string[]
  /** What ssh says that it is; null: it is not installed. */
  ssh: string | null
}

/** Before it, whoever a file is sent to can have others as well. */
const SAFE_RSYNC = [3, 4, 0]
const READS_FILES = 'CVE-2024-12086'

/**
 * `refuse`: no host can be used. `warn`: they can be, and could do more than build.
 *
 * An old rsync is no reason to refuse. Its version does not prove the fault, since distributions mend older ones; and who
 * builds for this system can put anything into what it installs, so that hosts are trusted with much already.
 */
export function clientProblems(facts: ClientFacts): HostProblem[] {
  const problems = [...rsyncProblems(facts)]
  if (facts.ssh === null) {
    const mend = installing('ssh', facts.distribution)
    problems.push({ name: 'ssh', level: 'refuse', text: 'ssh is not installed', mend })
  }
  const { rsync } = facts
  if (rsync !== null && isOlder(rsync.version, SAFE_RSYNC) && !facts.rsyncMended.includes(READS_FILES)) {
    const version = rsync.version === '' ? 'of an unknown version' : rsync.version
    problems.push({
      name: 'rsync',
      level: 'warn',
      text:
        `rsync here is ${version}: before ${SAFE_RSYNC.join('.')} a hostile host can read any file of this system while ` +
        `it is sent something (${READS_FILES}), unless the distribution has mended that in its own`,
      mend: installing('rsync', facts.distribution),
    })
  }
  return problems
}

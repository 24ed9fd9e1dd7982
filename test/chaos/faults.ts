/** What can go wrong on a real farm, done to a lab's. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../lib/core/schedule/random.ts'
import type { LabHost } from '../lab/host.ts'
import { jumpClock } from '../lab/clock.ts'
import { FARM_DIR, type Lab } from '../lab/lab.ts'
import { pick } from './pick.ts'

/** `finished`: the package, `category/name-version`, that the host had finished and could not hand over in time. */
export type Told = { finished: string } | { clock: number } | null

export interface Fault {
  /** Whom it hits; null if nobody is there. */
  choose: (lab: Lab, random: Random) => LabHost | null
  /** Does it, and mends again what a host needs to be of use. Resolves when that is over, with what is to be told of it. */
  strike: (host: LabHost, random: Random) => Promise<Told>
}

export const seconds = async (random: Random, least: number, most: number): Promise<void> =>
  sleep((least + random() * (most - least)) * 1000)

/** Kills those processes of a host whose command line has the pattern; that there is none is no failure. */
export const kill = async (host: LabHost, pattern: string): Promise<void> => {
  await host.run(['pkill', '-9', '-f', pattern])
}

export const onBuilder = (strike: (host: LabHost, random: Random) => Promise<void>): Fault => ({
  choose: aBuilder,
  strike: async (host, random) => {
    await strike(host, random)
    return null
  },
})

export function aBuilder(lab: Lab, random: Random): LabHost | null {
  const host = pick(random, [...lab.builders, ...lab.workers])
  return host.running ? host : null
}

const onClient = (...patterns: string[]): Fault => ({
  choose: ({ client }) => client,
  strike: async client => {
    await client.run(['sh', '-c', patterns.map(each => `pkill -9 -f '${each}'`).join('; ')])
    return null
  },
})

/** Alters the next package that a job on the host finishes, in one of the ways that disks and wires have. */
const SPOIL = `
import glob, os, random, sys, time
end = time.monotonic() + 20
seen = set(glob.glob("${FARM_DIR}/clients/*/runs/*/roots/*/job/out/**/*.gpkg.tar", recursive=True))
while time.monotonic() < end:
    new = set(glob.glob("${FARM_DIR}/clients/*/runs/*/roots/*/job/out/**/*.gpkg.tar", recursive=True)) - seen
    for path in new:
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            if sys.argv[1] == "truncate":
                file.truncate(size // 2)
            else:
                file.seek(size // 2)
                byte = file.read(1)
                file.seek(size // 2)
                file.write(bytes([byte[0] ^ 1]))
        sys.exit(0)
    time.sleep(0.005)
`

const spoil = (how: string): Fault =>
  onBuilder(async host => {
    await host.run(['python3', '-c', SPOIL, how])
  })

/** Seconds: just off, so that a host is refused, and as after a change of the time zone or with an empty battery. */
const JUMPS = [-86_400, -7200, -90, -20, 20, 90, 7200, 86_400]

/** Longer than a host may be silent before it is lost, in seconds, and shorter than its first try to come back after that. */
const FROZEN = 34

/** Stops what the farm runs there as soon as a job has its package, and lets it go on after some seconds. */
const HOLD_BACK = `
import glob, os, re, signal, sys, time
pattern = "${FARM_DIR}/clients/*/runs/*/roots/*/job/out/**/*.gpkg.tar"
def freeze(number):
    # Its own arguments have the words as well.
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if int(pid) == os.getpid():
            continue
        try:
            words = open(f"/proc/{pid}/cmdline", "rb").read().split(b"\\0")
            if any(word.startswith(each.encode()) for word in words for each in sys.argv[2:]):
                os.kill(int(pid), number)
        except OSError:
            pass  # it has ended
end = time.monotonic() + 25
seen = set(glob.glob(pattern, recursive=True))
while time.monotonic() < end:
    for path in set(glob.glob(pattern, recursive=True)) - seen:
        try:
            os.mkdir("/run/lab-held")
        except FileExistsError:
            sys.exit(0)
        freeze(signal.SIGSTOP)
        print(re.search(r"/out/(.*)-\\d+\\.gpkg\\.tar$", path)[1], flush=True)
        time.sleep(float(sys.argv[1]))
        freeze(signal.SIGCONT)
        os.rmdir("/run/lab-held")
        sys.exit(0)
    time.sleep(0.005)
`

/** `words`: how the arguments begin of the processes that are stopped, for so many seconds. */
export function completesTwice(seconds: number, ...words: string[]): Fault {
  return {
    choose: aBuilder,
    strike: async host => {
      const path = (await host.must(['python3', '-c', HOLD_BACK, String(seconds), ...words])).trim()
      // CATEGORY/NAME/NAME-VERSION
      const [category = '', , cpv] = path.split('/')
      return cpv === undefined ? null : { finished: `${category}/${cpv}` }
    },
  }
}

/** Brackets: the pattern must not find the shell that looks for it. */
export const FAULTS: Readonly<Record<string, Fault>> = {
  'network-cut': onBuilder(async (host, random) => {
    await host.cutNetwork()
    await seconds(random, 2, 40)
    await host.restoreNetwork()
  }),
  'host-killed': onBuilder(async (host, random) => {
    await host.stop()
    await seconds(random, 2, 15)
    await host.start()
  }),
  'sshd-killed': onBuilder(async host => kill(host, '[s]shd: root')),
  'agent-killed': onBuilder(async host => kill(host, '[f]arm_agent$')),
  'keeper-killed': onBuilder(async host => kill(host, '[f]arm_keeper$')),
  'job-killed': onBuilder(async host => kill(host, '[f]arm_runner$')),
  'build-killed': onBuilder(async host => kill(host, '[/]usr/bin/emerge .*--buildpkgonly')),
  'disk-full': onBuilder(async (host, random) => {
    const fill = `for each in ${FARM_DIR}/clients/*/runs/*; do
      [ -d "$each" ] && mkdir -p "$each/roots" && mount -t tmpfs -o size=16k none "$each/roots"; done`
    await host.run(['sh', '-c', fill])
    await seconds(random, 2, 10)
    await host.run(['sh', '-c', `for i in 1 2 3; do umount -l ${FARM_DIR}/clients/*/runs/*/roots; done`])
  }),
  'result-truncated': spoil('truncate'),
  'result-altered': spoil('alter'),
  'host-slow': onBuilder(async (host, random) => {
    // All that runs there is stopped and goes on, as on a host that swaps.
    const stop = `for i in 1 2 3 4 5 6; do pkill -STOP -f '[f]arm_|[e]build'; sleep 1; pkill -CONT -f '[f]arm_|[e]build'; sleep 0.3; done`
    await host.run(['sh', '-c', stop])
    await seconds(random, 0, 1)
  }),
  'clock-jump': {
    choose: (lab, random) => {
      const host = pick(random, lab.hosts)
      return host.running ? host : null
    },
    strike: async (host, random) => {
      const clock = pick(random, JUMPS)
      await jumpClock(host, clock, 3 + random() * 22)
      return { clock }
    },
  },
  'duplicate-completion': completesTwice(FROZEN, 'farm_'),
  'emerge-killed': onClient('[e]merge .*app-toy'),
  'library-killed': onClient('[c]li.js bridge'),
  'client-killed': onClient('[c]li.js bridge', '[e]merge .*app-toy', '^ssh .*[C]ontrolMaster'),
  'ssh-killed': onClient('^ssh .*[C]ontrolMaster'),
}

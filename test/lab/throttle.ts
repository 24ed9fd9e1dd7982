/** Makes hosts slow: cgroups that give all processes of a host a part of a processor. */
import { existsSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const CGROUPS = '/sys/fs/cgroup'
/** Microseconds: short, so that a host is slow rather than fast and then halted. */
const PERIOD = 20_000

/** Whether this machine's cgroups can do it: those of version 2 with a cpu controller to hand out, or of version 1. */
export function canThrottle(): boolean {
  return isVersion1() || existsSync(join(CGROUPS, 'cgroup.controllers'))
}

function isVersion1(): boolean {
  return existsSync(join(CGROUPS, 'cpu', 'cpu.cfs_quota_us'))
}

export class Throttle {
  readonly #directory: string

  private constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * @param part of one processor
   * @param list a file in which whoever cleans up finds what there is to remove
   */
  static async make(name: string, part: number, list: string): Promise<Throttle> {
    const isOld = isVersion1()
    const directory = join(CGROUPS, isOld ? 'cpu' : '', `farm-lab-${process.pid}-${name}`)
    if (!isOld) await writeFile(join(CGROUPS, 'cgroup.subtree_control'), '+cpu')
    await appendFile(list, `${directory}\n`)
    await mkdir(directory)
    const quota = String(Math.round(PERIOD * part))
    if (isOld) {
      await writeFile(join(directory, 'cpu.cfs_period_us'), String(PERIOD))
      await writeFile(join(directory, 'cpu.cfs_quota_us'), quota)
    } else {
      await writeFile(join(directory, 'cpu.max'), `${quota} ${PERIOD}`)
    }
    return new Throttle(directory)
  }

  /** The process and all that it has started, and with them what they will start. */
  async hold(pid: number): Promise<void> {
    const parents = await parentsOfAll()
    const held = new Set([pid])
    // Parents may have higher numbers than their children: until nothing is added.
    for (let size = 0; size < held.size;) {
      size = held.size
      for (const [child, parent] of parents) if (held.has(parent)) held.add(child)
    }
    for (const each of held) {
      // One that has ended meanwhile needs no limit.
      await writeFile(join(this.#directory, 'cgroup.procs'), String(each)).catch(() => undefined)
    }
  }

  /** The command line that runs another one in it. */
  enter(argv: string[]): string[] {
    return ['/bin/sh', '-c', 'echo $$ >"$0" && exec "$@"', join(this.#directory, 'cgroup.procs'), ...argv]
  }

  /** To be called when its processes have ended. */
  async remove(): Promise<void> {
    for (let tries = 0; tries < 50; tries++) {
      const removed = await rmdir(this.#directory).then(
        () => true,
        () => false,
      )
      if (removed) return
      await sleep(100)
    }
    throw new Error(`${this.#directory} still has processes`)
  }
}

/** proc_pid_stat(5): the parent is the second field behind the name, which is in brackets and may have anything in it. */
async function parentsOfAll(): Promise<Map<number, number>> {
  const parents = new Map<number, number>()
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
    const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent !== undefined) parents.set(Number(name), Number(parent))
  }
  return parents
}

/** Brings the logs of builds home, to where Portage would have left them: make.conf(5), PORTAGE_LOGDIR. */
import { chmod, chown, copyFile, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../../core/error.ts'
import type { BuildWords } from '../../core/message.ts'
import type { BuildContext } from './job.ts'

/** What a job left on its host. */
export interface LeftThere {
  failed: boolean
  /** Portage's own log of the build, by its path in PORTAGE_LOGDIR there, as Portage named it; null if it did not begin. */
  log: string | null
  /** The directory there that was PORTAGE_LOGDIR in the job root. */
  directory: string
  /** The file there with what the job's commands printed. */
  output: string
  elog: string
}

/** Brings a log here, with its owner and mode. */
export type BringLog = (there: string, here: string) => Promise<void>

/** What becomes of the logs of a host's builds. */
export interface LogKeeper {
  bring(left: LeftThere, cpv: string): Promise<BuildWords>
}

export class BuildLogs implements LogKeeper {
  readonly #bringLog: BringLog
  readonly #host: string
  readonly #context: Pick<BuildContext, 'request' | 'logs'>

  constructor(bringLog: BringLog, host: string, context: Pick<BuildContext, 'request' | 'logs'>) {
    this.#bringLog = bringLog
    this.#host = host
    this.#context = context
  }

  /**
   * The log of every build goes to PORTAGE_LOGDIR, if there is one; that of a failed build is kept with the run
   * otherwise. A log that cannot be had or kept is no reason to fail: there is none then.
   */
  async bring(left: LeftThere, cpv: string): Promise<BuildWords> {
    const { PORTAGE_LOGDIR } = this.#context.request.settings
    const { log, elog } = left
    if (!left.failed && (PORTAGE_LOGDIR === '' || log === null)) return { log: null, elog }
    // Like the name in Portage's log directory, compression included.
    const name = `${cpv.replace('/', ':')}:${this.#host}.log${log?.endsWith('.gz') ? '.gz' : ''}`
    const here = join(this.#context.logs, name)
    try {
      await this.#bringLog(log === null ? left.output : join(left.directory, log), here)
    } catch {
      return { log: null, elog }
    }
    if (log !== null && PORTAGE_LOGDIR !== '') {
      const kept = join(PORTAGE_LOGDIR, log)
      const reason = await keep(here, PORTAGE_LOGDIR, kept).then(() => null, messageOf)
      if (reason === null) return { log: kept, elog }
    }
    return { log: left.failed ? here : null, elog }
  }
}

/** Moves a log, with its owner and mode, into PORTAGE_LOGDIR. */
async function keep(log: string, logdir: string, kept: string): Promise<void> {
  const { uid, gid, mode } = await stat(log)
  await makeLogDirectories(logdir, dirname(kept), { uid, gid })
  try {
    await rename(log, kept)
  } catch {
    // Another file system.
    await copyFile(log, kept)
    await chown(kept, uid, gid)
    await chmod(kept, mode & 0o7777)
    await rm(log)
  }
}

/**
 * What Portage does (`prepare_build_dirs`, `_ensure_log_subdirs`): it makes PORTAGE_LOGDIR for its own user and group;
 * directories in one that is there take its group and what the group may do there.
 */
async function makeLogDirectories(logdir: string, below: string, portage: { uid: number; gid: number }): Promise<void> {
  if ((await mkdir(logdir, { recursive: true })) !== undefined) {
    await chown(logdir, portage.uid, portage.gid)
    await chmod(logdir, 0o2770)
  }
  const { gid, mode } = await stat(logdir)
  const group = mode & 0o2070
  const names = below
    .slice(logdir.length)
    .split('/')
    .filter(name => name !== '')
  let path = logdir
  for (const name of names) {
    path = join(path, name)
    await mkdir(path, { recursive: true })
    const own = await stat(path)
    await chown(path, group !== 0 && gid === portage.gid ? portage.uid : own.uid, gid)
    await chmod(path, (own.mode | group) & 0o7777)
  }
}

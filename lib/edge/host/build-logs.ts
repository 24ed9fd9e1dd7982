/** Brings the logs of builds home, to where Portage would have left them: make.conf(5), PORTAGE_LOGDIR. */
import { constants, createReadStream } from 'node:fs'
import { link, lstat, mkdir, open, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../../core/error.ts'
import { isLogOf } from '../../core/log-name.ts'
import type { BuildWords } from '../../core/message.ts'
import type { BuildContext } from './job.ts'
import { keepAsText } from './log-text.ts'

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

/** Brings a log here, to a path that is not there. Throws an Error if it cannot be had. */
export type BringLog = (there: string, here: string) => Promise<void>

/** What becomes of the logs of a host's builds. */
export interface LogKeeper {
  bring(left: LeftThere, cpv: string): Promise<BuildWords>
}

/** Portage's own user and group, whose logs are. */
interface Owner {
  uid: number
  gid: number
}

/** What Portage gives a log (`PipeLogger`). */
const MODE = 0o660

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
   * otherwise. A log that cannot be had or kept is no reason to fail: there is none then. What a host calls a log is
   * one only if Portage would call one of this package so.
   */
  async bring(left: LeftThere, cpv: string): Promise<BuildWords> {
    const { settings } = this.#context.request
    const { PORTAGE_LOGDIR, PORTAGE_LOG_FILE_SEP, portage = { uid: 0, gid: 0 } } = settings
    const { elog } = left
    const log = left.log !== null && isLogOf(left.log, cpv, PORTAGE_LOG_FILE_SEP) ? left.log : null
    if (!left.failed && (PORTAGE_LOGDIR === '' || log === null)) return { log: null, elog }
    // Like the name in Portage's log directory, compression included.
    const name = `${cpv.replace('/', ':')}:${this.#host}.log${log?.endsWith('.gz') ? '.gz' : ''}`
    const here = join(this.#context.logs, name)
    try {
      await this.#fetch(log === null ? left.output : join(left.directory, log), here)
    } catch {
      return { log: null, elog }
    }
    if (log !== null && PORTAGE_LOGDIR !== '') {
      const kept = join(PORTAGE_LOGDIR, log)
      const reason = await keep(here, PORTAGE_LOGDIR, kept, portage).then(() => null, messageOf)
      if (reason === null) return { log: kept, elog }
    }
    return { log: left.failed ? here : null, elog }
  }

  /** An earlier log of that name, of another attempt there, goes. */
  async #fetch(there: string, here: string): Promise<void> {
    const raw = `${here}.raw`
    await mkdir(dirname(here), { recursive: true })
    await Promise.all([raw, here].map(async path => rm(path, { force: true })))
    try {
      await this.#bringLog(there, raw)
      await keepAsText(raw, here, here.endsWith('.gz'))
    } finally {
      await rm(raw, { force: true })
    }
  }
}

/** Moves a log into PORTAGE_LOGDIR, as one of Portage's own. Never over what is there. */
async function keep(log: string, logdir: string, kept: string, portage: Owner): Promise<void> {
  await makeLogDirectories(logdir, dirname(kept), portage)
  const file = await open(log, 'r')
  try {
    await file.chown(portage.uid, portage.gid)
    await file.chmod(MODE)
  } finally {
    await file.close()
  }
  try {
    await link(log, kept)
  } catch (error) {
    if (!isOther(error)) throw error
    await copyOwned(log, kept, portage)
  }
  await rm(log)
}

/** Another file system, or one without hard links. */
function isOther(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'EXDEV' || code === 'EPERM' || code === 'ENOTSUP' || code === 'EMLINK'
}

async function copyOwned(log: string, kept: string, { uid, gid }: Owner): Promise<void> {
  const file = await open(kept, 'wx', 0o600)
  try {
    for await (const chunk of createReadStream(log)) await file.writeFile(chunk as Buffer)
    await file.chown(uid, gid)
    await file.chmod(MODE)
  } finally {
    await file.close()
  }
}

/**
 * What Portage does (`prepare_build_dirs`, `_ensure_log_subdirs`): it makes PORTAGE_LOGDIR for its own user and group;
 * directories in one that is there take its group and what the group may do there. What is a link stays as it is.
 */
async function makeLogDirectories(logdir: string, below: string, portage: Owner): Promise<void> {
  if ((await mkdir(logdir, { recursive: true })) !== undefined) {
    await change(logdir, () => ({ ...portage, mode: 0o2770 }))
  }
  const parent = await open(logdir, constants.O_RDONLY | constants.O_DIRECTORY)
  const { gid, mode } = await parent.stat().finally(async () => parent.close())
  const group = mode & 0o2070
  const names = below
    .slice(logdir.length)
    .split('/')
    .filter(name => name !== '')
  let path = logdir
  for (const name of names) {
    path = join(path, name)
    await mkdir(path).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    })
    if ((await lstat(path)).isSymbolicLink()) continue
    await change(path, own => ({
      uid: group !== 0 && gid === portage.gid ? portage.uid : own.uid,
      gid,
      mode: (own.mode | group) & 0o7777,
    }))
  }
}

/** Changes the owner and mode of a directory, and never those of what a link leads to. */
async function change(path: string, to: (own: Owner & { mode: number }) => Owner & { mode: number }): Promise<void> {
  const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  try {
    const { uid, gid, mode } = to(await directory.stat())
    await directory.chown(uid, gid)
    await directory.chmod(mode)
  } finally {
    await directory.close()
  }
}

/** Logs of builds on workers, kept in the store until the originator takes them to where Portage would have left them. */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { BuildWords } from '../../core/message.ts'
import type { BringLog, LeftThere, LogKeeper } from '../../edge/host/build-logs.ts'
import type { Layout } from '../../edge/shared/layout.ts'

export class StoreLogs {
  readonly #layout: Layout
  readonly #keepsAll: boolean
  /** By package: the attempt that is being built. */
  readonly #attempts = new Map<string, string>()

  /** `keepsAll`: the originator keeps logs of builds that went well, too. */
  constructor(layout: Layout, keepsAll: boolean) {
    this.#layout = layout
    this.#keepsAll = keepsAll
  }

  /** The next log of the package is of this attempt. */
  expect(cpv: string, attempt: string): void {
    this.#attempts.set(cpv, attempt)
  }

  readonly keeper = (bringLog: BringLog): LogKeeper => ({
    bring: async (left, cpv) => this.#keep(left, cpv, bringLog),
  })

  /** Returns the log's path in PORTAGE_LOGDIR. That it cannot be kept is no reason to fail. */
  async #keep(left: LeftThere, cpv: string, bringLog: BringLog): Promise<BuildWords> {
    const { failed, log, directory, output, elog } = left
    const attempt = this.#attempts.get(cpv)
    if (attempt === undefined || (!failed && !(this.#keepsAll && log !== null))) return { log: null, elog }
    const here = this.#layout.in('logs', attempt, log ?? 'build.log')
    try {
      await mkdir(dirname(here), { recursive: true })
      await bringLog(log === null ? output : `${directory}/${log}`, here)
      return { log, elog }
    } catch {
      return { log: null, elog }
    }
  }
}

/** This system as a worker of its own store: a process beside emerge, for as long as the run lasts. */
import { hostname } from 'node:os'
import { execa, type ResultPromise } from 'execa'
import { projectFile } from '../../edge/project.ts'

/** Seconds that it has to end its builds. */
const ENDING = 15

const OPTIONS = { reject: false, stdin: 'ignore', stdout: 'ignore', detached: true, cwd: '/' } as const

export class LocalWorker {
  readonly #process: ResultPromise<typeof OPTIONS>
  #isWanted = true

  constructor(store: string, jobs: number, warn: (text: string) => void) {
    const name = `${hostname()}-local`
    const argv = [projectFile('dist/cli.js'), 'work', store, '--jobs', String(jobs), '--name', name]
    this.#process = execa(process.execPath, argv, OPTIONS)
    void this.#process.then(({ stderr }) => {
      if (this.#isWanted) warn(`the worker here ended: ${stderr.trim().split('\n').at(-1) ?? ''}`)
    })
  }

  /** Ends it, and all that it builds. */
  async end(): Promise<void> {
    this.#isWanted = false
    this.#process.kill('SIGTERM')
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), ENDING * 1000)
    await this.#process
    clearTimeout(timer)
  }

  /** It ends what it is at work on, and then itself. */
  detach(): void {
    this.#isWanted = false
    this.#process.kill('SIGHUP')
  }
}

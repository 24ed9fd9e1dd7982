/** A command that was started on a host. */
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { stripVTControlCharacters } from 'node:util'

export interface RunResult {
  /** The exit code; 128 and the signal's number if a signal ended it. */
  code: number
  stdout: string
  stderr: string
  /** Both, in the order in which they came. */
  all: string
}

export class Running {
  /** What came of it. Never rejects. */
  readonly result: Promise<RunResult>
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #what: string
  #stdout = ''
  #stderr = ''
  #all = ''
  /** It has ended, and all that it printed is here. */
  #closed = false

  constructor(what: string, command: string, args: string[]) {
    this.#what = what
    // A process group of its own, so that it can be ended as a terminal would end it.
    const child = spawn(command, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] })
    this.#child = child
    // A command that does not read its input is not a failure of ours.
    child.stdin.on('error', () => undefined)
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
      this.#all += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
      this.#all += text
    })
    this.result = new Promise(resolve => {
      const end = (code: number) => {
        this.#closed = true
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr, all: this.#all })
      }
      child.once('error', error => {
        this.#stderr += error.message
        this.#all += error.message
        end(127)
      })
      child.once('close', (code, signal) => {
        end(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
      })
    })
  }

  /** What it has printed so far, on both streams. */
  get output(): string {
    return this.#all
  }

  /** The streams, for reading along. */
  get stdout(): Readable {
    return this.#child.stdout
  }

  get stderr(): Readable {
    return this.#child.stderr
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Types, on a terminal; `\x03` is Ctrl-C there. */
  write(text: string | Uint8Array): void {
    this.#child.stdin.write(text)
  }

  /** Ends its input. */
  end(): void {
    this.#child.stdin.end()
  }

  /**
   * Resolves to the output so far, without its colours, as soon as that matches. Rejects if the command ends without
   * saying it, or after `seconds`; default 60.
   */
  async until(pattern: RegExp, seconds = 60): Promise<string> {
    const deadline = Date.now() + seconds * 1000
    for (;;) {
      const closed = this.#closed
      const text = stripVTControlCharacters(this.#all)
      if (pattern.test(text)) return text
      if (closed) throw new Error(`${this.#what} ended without saying ${String(pattern)}\n${this.#all}`)
      if (Date.now() > deadline) throw new Error(`${this.#what}: no ${String(pattern)} in ${seconds} s\n${this.#all}`)
      await sleep(20)
    }
  }

  /** Sends a signal to its whole process group, as a terminal does. For Ctrl-C on a terminal of its own, `write('\x03')`. */
  kill(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.ended) return
    try {
      process.kill(-this.#child.pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  /** Sends a signal to the command alone, not to what it started. */
  async killAlone(signal: NodeJS.Signals): Promise<void> {
    const { pid } = this.#child
    if (pid === undefined || this.ended) return
    // Our child is `nsenter`, which stays outside the host's process numbers; the command is its only child.
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    const inside = Number(children.trim().split(' ')[0])
    if (inside > 0) process.kill(inside, signal)
  }

  /**
   * The result, or an error if there is none after `seconds`: then the process group is killed, and what else it may
   * have started is left to die with the host.
   */
  async within(seconds: number): Promise<RunResult> {
    const clock = new AbortController()
    const late = sleep(seconds * 1000, null, { signal: clock.signal, ref: false }).catch(() => null)
    const result = await Promise.race([this.result, late])
    clock.abort()
    if (result !== null) return result
    this.kill('SIGKILL')
    this.#child.stdout.destroy()
    this.#child.stderr.destroy()
    throw new Error(`${this.#what} did not end within ${seconds} s\n${this.#all}`)
  }
}

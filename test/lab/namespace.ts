/** A process that holds namespaces, and with them everything that happens inside: it dies with its owner. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'

/**
 * Runs `argv` under `unshare`, and resolves when it has printed its first line.
 *
 * Its standard input is a pipe that only this process writes to. When this process ends, even by a SIGKILL, the pipe
 * ends, and the program inside ends by itself; if it is the first process of a PID namespace, the kernel ends all others
 * there and takes down the mounts. Neither keeps this process's event loop running.
 */
export async function hold(unshare: string[], argv: string[]): Promise<Holder> {
  const child = spawn('unshare', [...unshare, '--', ...argv], { stdio: ['pipe', 'pipe', 'pipe'] })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined)
  const exit = once(child, 'exit')
  const up = await Promise.race([once(child.stdout, 'data').then(() => true), exit.then(() => false)])
  if (!up || child.pid === undefined) throw new Error(`${argv.join(' ')} did not come up: ${stderr.trim()}`)
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as { unref(): void }).unref()
  return new Holder(child, child.pid, exit)
}

export class Holder {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>
  /** The `unshare` process, as this machine numbers it. */
  readonly pid: number

  constructor(child: ChildProcess, pid: number, exit: Promise<unknown>) {
    this.#child = child
    this.#exit = exit
    this.pid = pid
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The first process of its PID namespace, as this machine numbers it. */
  async init(): Promise<number> {
    const children = await readFile(`/proc/${this.pid}/task/${this.pid}/children`, 'utf8')
    return Number(children.trim().split(' ')[0])
  }

  /** Ends everything inside, at once, and resolves when it is gone. */
  async stop(): Promise<void> {
    if (!this.alive) return
    this.#child.ref()
    // The one inside first: `unshare --fork` waits for it, and so do we, until the kernel has ended all the others.
    const inside = await this.init().catch(() => NaN)
    process.kill(Number.isNaN(inside) || inside === 0 ? this.pid : inside, 'SIGKILL')
    await this.#exit
  }
}

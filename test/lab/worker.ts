/** Workers of a farm without a network, on the hosts of a lab. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LabHost } from './host.ts'
import { type Lab, STORE } from './lab.ts'
import type { Running } from './running.ts'

/** A worker that runs on a host, with all that workers of that host have said. */
export class Worker {
  readonly host: LabHost
  readonly #options: string[]
  #running: Running
  #before = ''

  constructor(host: LabHost, options: string[]) {
    this.host = host
    this.#options = options
    this.#running = this.#spawn()
  }

  get name(): string {
    return this.host.name
  }

  /** All that was said here, also by those that have ended. */
  get said(): string {
    return this.#before + this.#running.output
  }

  /** What it said of packages, in order: `builds app-toy/x-1`, … */
  words(what: string): string[] {
    return [...this.said.matchAll(new RegExp(`^ \\* ${what} (\\S+)::gentoo`, 'gm'))].map(([, cpv = '']) => cpv)
  }

  async until(pattern: RegExp, seconds = 120): Promise<string> {
    return this.#running.until(pattern, seconds)
  }

  /** Its process alone does nothing more until it is continued; what it has started goes on. */
  async stop(): Promise<void> {
    await this.#running.killAlone('SIGSTOP')
  }

  /** Nothing on the whole host does anything more until it is continued. */
  async stopHost(): Promise<void> {
    await this.host.must(['sh', '-c', 'kill -STOP -1'])
  }

  async go(): Promise<void> {
    await this.host.run(['sh', '-c', 'kill -CONT -1'])
    // What started it from outside stops with it.
    this.#running.kill('SIGCONT')
  }

  async kill(): Promise<void> {
    await this.#running.killAlone('SIGKILL')
    await this.#running.within(30)
  }

  /** Another one on the same host, which has no worker any more. */
  again(): void {
    this.#before += this.#running.output
    this.#running = this.#spawn()
  }

  /** Tells it to end, and waits until it has. */
  async end(): Promise<{ code: number; all: string }> {
    await this.#running.killAlone('SIGTERM')
    return this.#running.within(60)
  }

  #spawn(): Running {
    return this.host.spawn(['portage-farm', 'work', STORE, ...this.#options])
  }
}

/** Starts the worker of each host, and waits until they are at work. */
export async function startWorkers(lab: Lab, ...options: string[]): Promise<Worker[]> {
  const workers = lab.workers.map(host => new Worker(host, options))
  await Promise.all(workers.map(each => each.until(/ works at /)))
  return workers
}

/** Has a worker at work on a host for as long as that is up, as an init system would. */
export function keepWorking(host: LabHost, ...options: string[]): void {
  const loop = `while :; do portage-farm work ${STORE} "$@" >>/var/log/work.log 2>&1; sleep 0.5; done`
  void host.spawn(['sh', '-c', loop, 'work', ...options]).result
}

/** The first of the workers that says it, within seconds. */
export async function whoSays(workers: readonly Worker[], pattern: RegExp, seconds = 120): Promise<Worker> {
  return eventually(() => workers.find(each => pattern.test(each.said)) ?? null, seconds)
}

/** What `find` finds, when it does; null is nothing. */
export async function eventually<T>(find: () => T | null | Promise<T | null>, seconds = 120): Promise<T> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    const found = await find()
    if (found !== null) return found
    if (performance.now() > deadline) throw new Error(`it did not come within ${seconds} s`)
    await sleep(100)
  }
}

/** How often each package was begun, by the workers' own words. */
export function begun(workers: readonly Worker[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const cpv of workers.flatMap(each => each.words('builds'))) counts[cpv] = (counts[cpv] ?? 0) + 1
  return counts
}

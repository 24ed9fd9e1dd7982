/** A host of the farm as the run sees it: join, take the client's root, build, leave. */
import { join } from 'node:path'
import type { HostConfig } from '../../core/config.ts'
import { jobCommands, jobEnvironment } from '../../core/commands.ts'
import type { Fault } from '../../core/event.ts'
import type { PlannedPackage } from '../../core/plan.ts'
import type { RequestPackage } from '../../core/request.ts'
import type { StoredPackage } from '../store.ts'
import { agentCommand, AgentClient, AgentError } from './agent.ts'
import { type HeldRoot, RootPool } from './root-pool.ts'
import { rsync, TransferError, type Transferred } from './rsync.ts'
import type { BuildEvents, BuildResult, HostFacts, RunContext } from './job.ts'
import { SshConnection, type SshProcess } from './ssh.ts'
import { Transfers, whichAreHere } from './transfers.ts'

/** Seconds between signs of life, which also keep the agent from waiting for a client that is gone. */
const PING_SECONDS = 5

export class BuildHost {
  readonly config: HostConfig
  /** Resolves with the reason when the host cannot be used any more. */
  readonly lost: Promise<string>
  readonly #context: RunContext
  readonly #connection: SshConnection
  readonly #transfers: Transfers
  readonly #roots: RootPool
  readonly #packages: ReadonlyMap<string, RequestPackage>
  #lose: (reason: string) => void = () => undefined
  #process: SshProcess | null = null
  #agent: AgentClient | null = null
  #facts: HostFacts | null = null
  #lower = ''
  #ping: NodeJS.Timeout | undefined

  constructor(config: HostConfig, context: RunContext, index: number) {
    this.config = config
    this.#context = context
    this.#connection = new SshConnection(config, join(context.runtime, `${index}.sock`), context.connectTimeout)
    this.#transfers = new Transfers(this.#connection, context.runtime)
    this.#roots = new RootPool(context.plan, config.jobs, name => {
      this.#ask('remove', { root: name }).catch(() => undefined)
    })
    this.#packages = new Map(context.request.packages.map(each => [each.id, each]))
    this.lost = new Promise(resolve => {
      this.#lose = resolve
    })
  }

  /** Connects and starts the agent. Throws an Error that says why the host cannot be used. */
  async join(): Promise<HostFacts> {
    const { source, run, client, connectTimeout } = this.#context
    const process = this.#connection.open(agentCommand(source))
    this.#process = process
    const agent = new AgentClient(source, process.stdin, process.stdout, () => {
      void this.#connectionEnded()
    })
    this.#agent = agent
    const hello = agent.ask('hello', { dir: this.config.dir, client, run, boot: source.boot }).answer
    // ssh's own ConnectTimeout does not cover a host that accepts a connection and then says nothing.
    let facts: HostFacts
    try {
      facts = (await withTimeout(hello, connectTimeout, 'no answer')) as HostFacts
    } catch (error) {
      process.kill('SIGTERM')
      throw error
    }
    this.#facts = facts
    this.#ping = setInterval(() => {
      agent.ask('ping').answer.catch(() => undefined)
    }, PING_SECONDS * 1000)
    this.#ping.unref()
    return facts
  }

  /** The generation of the client's root that the agent holds for this run. */
  async openMirror(): Promise<{ path: string; base: string | null; first: boolean }> {
    const opened = (await this.#ask('mirror')) as { path: string; base: string | null; first: boolean }
    this.#lower = opened.path
    return opened
  }

  /** Brings the client's root to the host, or what changed in it. */
  async copyRoot(
    generation: { path: string; base: string | null },
    onProgress: (bytes: number, percent: number) => void,
    signal: AbortSignal,
  ): Promise<Transferred> {
    const rules = join(this.#context.runtime, 'mirror.rules')
    const done = await rsync(this.#connection, {
      options: [
        ...['--archive', '--hard-links', '--acls', '--xattrs', '--numeric-ids', '--sparse', '--delete-excluded'],
        // A file that was half sent when a first copy was cut is gone on with.
        ...['--delete', '--partial-dir=.portage-farm-partial', `--filter=merge ${rules}`],
        ...(generation.base === null ? [] : [`--link-dest=${generation.base}`]),
      ],
      from: { local: '/' },
      to: { remote: `${generation.path}/` },
      signal,
      onProgress,
    })
    await this.#ask('mirrored')
    return done
  }

  /** Uses a root that the user keeps on the host. */
  useRoot(path: string): void {
    this.#lower = path
  }

  /** Builds a package. Expected failures are values. */
  async build(
    target: PlannedPackage,
    committed: ReadonlyMap<string, StoredPackage>,
    events: BuildEvents,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const root = this.#roots.take(target)
    events.started(
      root.name,
      root.missing.map(step => step.id),
    )
    let usable = false
    try {
      const result = await this.#buildIn(root, target, committed, events, signal)
      usable = result.ok && !this.config.clean
      return result
    } catch (error) {
      if (error instanceof AgentError || error instanceof TransferError) {
        return { ok: false, fault: 'host', reason: error.message, log: null }
      }
      throw error
    } finally {
      if (usable) this.#roots.giveBack(root)
      else this.#roots.discard(root)
    }
  }

  /** Ends everything there: jobs, mounts, the run's directory, the connection. */
  async leave(): Promise<void> {
    clearInterval(this.#ping)
    this.#agent?.close('the run is over')
    const process = this.#process
    if (!process) return
    // The agent cleans up when its input ends; a host that does not answer is left to its own agent's end.
    await Promise.race([process, new Promise(resolve => setTimeout(resolve, 10_000).unref())])
    process.kill('SIGTERM')
    await process
  }

  async #buildIn(
    root: HeldRoot,
    target: PlannedPackage,
    committed: ReadonlyMap<string, StoredPackage>,
    events: BuildEvents,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const facts = this.#requireFacts()
    const { missing } = root
    const needed = missing.filter(step => step.operation === 'install').map(({ id }) => committedPackage(committed, id))
    const [fetch] = await Promise.all([this.#offerDistfiles(target), this.#offerPackages(needed)])
    const { request, hostname } = this.#context
    const env = jobEnvironment(request, this.config.makeopts ?? defaultMakeopts(facts.cores, this.config.jobs))
    const directory = `${facts.run}/roots/${root.name}`
    const commands = jobCommands(target, missing, this.#packages, env, fetch)
    const job = {
      root: directory,
      lower: this.#lower,
      hostname,
      binds: { [request.settings.DISTDIR]: facts.distfiles, [request.settings.PORTAGE_TMPDIR]: `${directory}/job/tmp` },
      pkgdir: request.settings.PKGDIR,
      log: `${directory}/job/build.log`,
      packages: Object.fromEntries(needed.map(each => [each.name, each.place])),
      steps: commands.map(command => ({
        ...command,
        pkgdir: `${directory}/job/${command.name === 'install' ? 'install' : 'out'}`,
      })),
    }
    const asked = this.#requireAgent().ask('job', { job }, event => {
      if (event['event'] === 'step' && event['name'] === 'build') events.building()
      // Phases of the dependencies that are being installed are not this package's.
      if (event['event'] === 'phase' && event['cpv'] === target.package.cpv) events.phase(String(event['phase']))
    })
    const cancel = (): void => {
      void this.#ask('cancel', { job: asked.id }).catch(() => undefined)
    }
    signal.addEventListener('abort', cancel)
    let done: JobDone
    try {
      if (signal.aborted) cancel()
      done = (await asked.answer) as JobDone
    } finally {
      signal.removeEventListener('abort', cancel)
    }
    if (done.code !== 0) {
      const log = await this.#bringLog(job.log, target)
      return { ok: false, ...failureOf(done, target), log }
    }
    return this.#bringPackage(done, `${directory}/job/out`)
  }

  async #bringPackage(done: JobDone, out: string): Promise<BuildResult> {
    const [file, ...others] = done.files
    if (!file || others.length > 0) {
      const found = done.files.map(each => each.path).join(', ') || 'none'
      return { ok: false, fault: 'mismatch', reason: `one binary package was expected, found: ${found}`, log: null }
    }
    const incoming = this.#context.store.incoming(`${this.config.name}%${file.path.replaceAll('/', '%')}`)
    await this.#transfers.bring(`${out}/${file.path}`, incoming)
    const { size, sha256, path } = file
    return { ok: true, arrived: { path: incoming, place: path, size, sha256, seconds: done.seconds } }
  }

  async #bringLog(log: string, target: PlannedPackage): Promise<string | null> {
    const here = join(this.#context.logs, `${target.package.cpv.replace('/', ':')}:${this.config.name}.log`)
    try {
      await this.#transfers.bring(log, here)
      return here
    } catch (error) {
      if (error instanceof TransferError) return null
      throw error
    }
  }

  /** Sends the committed packages that the host does not have yet. */
  async #offerPackages(packages: StoredPackage[]): Promise<void> {
    if (packages.length === 0) return
    const names = packages.map(each => each.name)
    const { path, missing } = (await this.#ask('packages', { names })) as { path: string; missing: string[] }
    await this.#transfers.send(this.#context.store.committed, missing, path)
  }

  /** Sends the distfiles that are here and not there. Returns whether some must still be fetched there. */
  async #offerDistfiles(target: PlannedPackage): Promise<boolean> {
    const files = target.package.distfiles
    if (files.length === 0) return false
    const asked = (await this.#ask('distfiles', { files: files.map(each => [each.name, each.size]) })) as {
      missing: string[]
    }
    const missing = files.filter(each => asked.missing.includes(each.name))
    const { DISTDIR } = this.#context.request.settings
    const offered = await whichAreHere(DISTDIR, missing)
    await this.#transfers.send(
      DISTDIR,
      offered.map(each => each.name),
      this.#requireFacts().distfiles,
    )
    return offered.length < missing.length
  }

  #requireFacts(): HostFacts {
    if (!this.#facts) throw new Error(`${this.config.name} has not joined`)
    return this.#facts
  }

  #requireAgent(): AgentClient {
    if (!this.#agent) throw new Error(`${this.config.name} has not joined`)
    return this.#agent
  }

  async #ask(op: string, body: object = {}): Promise<unknown> {
    return this.#requireAgent().ask(op, body).answer
  }

  async #connectionEnded(): Promise<void> {
    clearInterval(this.#ping)
    const result = await this.#process
    const words = (result?.stderr ?? '').trim().split('\n').at(-1) ?? ''
    const reason = words === '' ? 'the connection ended' : words
    this.#agent?.close(reason)
    this.#lose(reason)
  }
}

/** The answer to a job. */
interface JobDone {
  code: number
  step: string
  seconds: number
  files: { path: string; size: number; sha256: string }[]
}

function failureOf(done: JobDone, target: PlannedPackage): { fault: Fault; reason: string } {
  switch (done.step) {
    case 'build':
      return { fault: 'package', reason: `the build of ${target.package.cpv} failed` }
    case 'fetch':
      return { fault: 'fetch', reason: 'its sources could not be fetched there' }
    default:
      return { fault: 'host', reason: `what it needs could not be installed in its job root (${done.step})` }
  }
}

function committedPackage(committed: ReadonlyMap<string, StoredPackage>, id: string): StoredPackage {
  const found = committed.get(id)
  if (!found) throw new Error(`${id} is needed, and was not committed`)
  return found
}

/** A host's cores, shared among its jobs. */
function defaultMakeopts(cores: number, jobs: number): string {
  return `-j${Math.max(1, Math.floor(cores / jobs))}`
}

async function withTimeout<T>(promise: Promise<T>, seconds: number, reason: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new AgentError(`${reason} within ${seconds} s`))
    }, seconds * 1000)
  })
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer)
  })
}

/** A host of the farm as the run sees it: join, take the client's root, build, leave. */
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import PQueue from 'p-queue'
import type { HostConfig } from '../../core/config.ts'
import { jobCommands, jobEnvironment } from '../../core/commands.ts'
import type { Fault } from '../../core/event.ts'
import type { Plan, PlannedPackage } from '../../core/plan.ts'
import type { PlanRequest, RequestPackage } from '../../core/request.ts'
import { chooseRoot, type JobRoot } from '../../core/roots.ts'
import type { Store, StoredPackage } from '../store.ts'
import { agentCommand, AgentClient, AgentError, type AgentSource } from './agent.ts'
import { rsync, TransferError, type Transferred } from './rsync.ts'
import { SshConnection, type SshProcess } from './ssh.ts'

/** What a host says of itself when it joins. Memory in bytes. */
export interface HostFacts {
  run: string
  distfiles: string
  hostname: string
  machine: string
  cores: number
  memory: number
}

/** What all hosts of a run have in common. */
export interface RunContext {
  run: string
  /** Names the client on the hosts. */
  client: string
  hostname: string
  /** Seconds. */
  connectTimeout: number
  /** A private directory here, with a short path, for control sockets and rule files. */
  runtime: string
  /** Where logs are brought. */
  logs: string
  source: AgentSource
  request: PlanRequest
  plan: Plan
  store: Store
}

/** A file that came back, not yet compared with the plan. */
export interface Arrived {
  path: string
  place: string
  size: number
  sha256: string
  seconds: number
}

export type BuildResult =
  | { ok: true; arrived: Arrived }
  /** `log`: the build's log, brought here, if there is one. */
  | { ok: false; fault: Fault; reason: string; log: string | null }

/** What a build reports while it runs. */
export interface BuildEvents {
  started: (root: string, installs: string[]) => void
  building: () => void
  phase: (phase: string) => void
}

/** Transfers at once over one connection: sshd allows ten sessions on one (MaxSessions), the agent has one. */
const TRANSFERS = 4
/** Seconds between signs of life, which also keep the agent from waiting for a client that is gone. */
const PING_SECONDS = 5

interface PooledRoot extends JobRoot {
  busy: boolean
  applied: Set<string>
}

export class BuildHost {
  readonly config: HostConfig
  /** Resolves with the reason when the host cannot be used any more. */
  readonly lost: Promise<string>
  readonly #context: RunContext
  readonly #connection: SshConnection
  readonly #transfers = new PQueue({ concurrency: TRANSFERS })
  readonly #roots: PooledRoot[] = []
  readonly #packages: ReadonlyMap<string, RequestPackage>
  #lose: (reason: string) => void = () => undefined
  #process: SshProcess | null = null
  #agent: AgentClient | null = null
  #facts: HostFacts | null = null
  #lower = ''
  #ping: NodeJS.Timeout | undefined
  #nextRoot = 1

  constructor(config: HostConfig, context: RunContext, index: number) {
    this.config = config
    this.#context = context
    this.#connection = new SshConnection(config, join(context.runtime, `${index}.sock`), context.connectTimeout)
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
    const position = (id: string): number => this.#context.plan.byId.get(id)?.position ?? -1
    const { root, missing } = chooseRoot(this.#roots, target, position)
    const used = root ? this.#roots.find(each => each.name === root.name) : undefined
    const chosen = used ?? { name: `r${this.#nextRoot++}`, busy: true, applied: new Set<string>() }
    if (!used) this.#roots.push(chosen)
    chosen.busy = true
    events.started(
      chosen.name,
      missing.map(step => step.id),
    )
    try {
      const result = await this.#buildIn(chosen, target, missing, committed, events, signal)
      if (result.ok && !this.config.clean) for (const step of missing) chosen.applied.add(step.id)
      else this.#discard(chosen)
      return result
    } catch (error) {
      this.#discard(chosen)
      if (error instanceof AgentError || error instanceof TransferError) {
        return { ok: false, fault: 'host', reason: error.message, log: null }
      }
      throw error
    } finally {
      chosen.busy = false
      this.#keepFewRoots()
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
    root: PooledRoot,
    target: PlannedPackage,
    missing: PlannedPackage['steps'],
    committed: ReadonlyMap<string, StoredPackage>,
    events: BuildEvents,
    signal: AbortSignal,
  ): Promise<BuildResult> {
    const facts = this.#facts
    if (!facts) throw new Error(`${this.config.name} has not joined`)
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
    await this.#transfer({ options: ['--times'], from: { remote: `${out}/${file.path}` }, to: { local: incoming } })
    const { size, sha256, path } = file
    return { ok: true, arrived: { path: incoming, place: path, size, sha256, seconds: done.seconds } }
  }

  async #bringLog(log: string, target: PlannedPackage): Promise<string | null> {
    const here = join(this.#context.logs, `${target.package.cpv.replace('/', ':')}:${this.config.name}.log`)
    await mkdir(this.#context.logs, { recursive: true })
    try {
      await this.#transfer({ options: [], from: { remote: log }, to: { local: here } })
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
    if (missing.length > 0) await this.#send(this.#context.store.committed, missing, path, [])
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
    const here = await Promise.all(missing.map(async each => (await sizeOf(join(DISTDIR, each.name))) === each.size))
    const offered = missing.filter((_, index) => here[index])
    if (offered.length > 0) {
      const names = offered.map(each => each.name)
      // A distfile may be a link to where the user keeps it.
      await this.#send(DISTDIR, names, this.#facts?.distfiles ?? '', ['--copy-links'])
    }
    return offered.length < missing.length
  }

  async #send(from: string, names: string[], to: string, options: string[]): Promise<void> {
    const list = join(this.#context.runtime, `${this.config.name}-${this.#nextList++}.list`)
    await writeFile(list, names.map(name => `${name}\0`).join(''))
    await this.#transfer({
      options: ['--times', '--chmod=F644', '--from0', `--files-from=${list}`, ...options],
      from: { local: `${from}/` },
      to: { remote: `${to}/` },
    })
  }
  #nextList = 1

  async #transfer(job: Parameters<typeof rsync>[1]): Promise<void> {
    await this.#transfers.add(async () => rsync(this.#connection, job))
  }

  #discard(root: PooledRoot): void {
    this.#roots.splice(this.#roots.indexOf(root), 1)
    this.#ask('remove', { root: root.name }).catch(() => undefined)
  }

  /** As many roots as jobs are kept: those that were used longest ago go first. */
  #keepFewRoots(): void {
    const idle = this.#roots.filter(each => !each.busy)
    for (const root of idle.slice(0, Math.max(0, this.#roots.length - this.config.jobs))) this.#discard(root)
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

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    found => found.size,
    () => -1,
  )
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

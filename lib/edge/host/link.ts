/** The connection to a host: ssh, the agent at its other end, and what is known when it ends. */
import { join } from 'node:path'
import type { HostConfig } from '../../core/config.ts'
import type { HostFacts, HostProblem } from '../../core/host-facts.ts'
import { describeProblems } from '../../core/host-facts.ts'
import { whyNoAgent } from '../../core/mending.ts'
import { agentCommand, AgentClient, AgentError, type AgentRequest } from './agent.ts'
import { hostFactsOf } from './answers.ts'
import type { HostContext } from './job.ts'
import type { AgentProcess, Connection } from './connection.ts'
import { LocalConnection } from './local.ts'
import { SshConnection } from './ssh.ts'

/** Seconds between signs of life, which also keep the agent from waiting for a client that is gone. */
const PING_SECONDS = 5

/** A host that cannot build, and why. */
export class HostRefused extends Error {
  readonly problems: HostProblem[]

  constructor(problems: HostProblem[]) {
    super(describeProblems(problems))
    this.problems = problems
  }
}

export class HostLink {
  readonly config: HostConfig
  readonly connection: Connection
  /** Resolves with the reason when the host cannot be used any more. */
  readonly lost: Promise<string>
  readonly #context: HostContext
  #lose: (reason: string) => void = () => undefined
  #process: AgentProcess | null = null
  #agent: AgentClient | null = null
  #ping: NodeJS.Timeout | undefined
  #problem: HostProblem | null = null

  /** `index`: its place in farm.yaml, for a short name of its control socket. */
  constructor(config: HostConfig, context: HostContext, index: number) {
    this.config = config
    this.#context = context
    this.connection =
      config.ssh === null
        ? new LocalConnection(config)
        : new SshConnection(config, config.ssh, join(context.runtime, `${index}.sock`), context.connectTimeout)
    this.lost = new Promise(resolve => {
      this.#lose = resolve
    })
  }

  /** Connects, starts the agent, and asks it for the facts. Throws an Error that says why there are none. */
  async connect(): Promise<HostFacts> {
    const { source, client, connectTimeout } = this.#context
    const process = this.connection.open(agentCommand(source))
    this.#process = process
    const agent = new AgentClient(source, process.stdin, process.stdout, () => {
      void this.#connectionEnded()
    })
    this.#agent = agent
    const asked = agent.ask('facts', { dir: this.config.dir, client }).answer
    try {
      // ssh's own ConnectTimeout does not cover a host that accepts a connection and then says nothing.
      const facts = hostFactsOf(await withTimeout(asked, connectTimeout, 'no answer'))
      this.#ping = setInterval(() => {
        agent.ask('ping').answer.catch(() => undefined)
      }, PING_SECONDS * 1000)
      this.#ping.unref()
      return facts
    } catch (error) {
      process.kill('SIGTERM')
      throw this.#problem ? new HostRefused([this.#problem]) : error
    }
  }

  async ask(op: string, body: object = {}): Promise<unknown> {
    return this.request(op, body).answer
  }

  /** As `ask`, for what reports events before its answer. */
  request(op: string, body: object, onEvent?: (event: Record<string, unknown>) => void): AgentRequest {
    if (!this.#agent) throw new Error(`${this.config.name} was not connected`)
    return this.#agent.ask(op, body, onEvent)
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

  async #connectionEnded(): Promise<void> {
    clearInterval(this.#ping)
    const result = await this.#process
    const words = (result?.stderr ?? '').trim().split('\n').at(-1) ?? ''
    const why = whyNoAgent(result?.exitCode, words, this.config.ssh)
    this.#problem = why && { ...why, level: 'refuse' }
    const reason = words === '' ? 'the connection ended' : words
    this.#agent?.close(reason)
    this.#lose(reason)
  }
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

/** One connection to a host: the process that holds it, and the agent at its other end. */
import type { HostProblem } from '../../core/host-facts.ts'
import { whyNoAgent } from '../../core/mending.ts'
import { asReason } from '../../core/reason.ts'
import { agentCommand, AgentClient, ConnectionGone, type AgentSource } from './agent.ts'
import type { AgentProcess, Connection } from './connection.ts'

/** Seconds between signs of life. */
const PING_SECONDS = 4
/** Seconds without any from a host that was asked for one, after which the connection is taken for dead. */
const SILENCE_SECONDS = 12

/** Seconds that the process has to end once nothing is said any more. */
const ENDING = 5

/** Why there is no connection any more. `problem`: if there is something to mend. */
export interface End {
  reason: string
  problem: HostProblem | null
  /** What it says cannot be listened to: another connection would be no better. */
  isFinal: boolean
}

export class Session {
  readonly agent: AgentClient
  /** Resolves when there is no connection any more; what was asked fails after that. */
  readonly ended: Promise<End>
  readonly #process: AgentProcess
  readonly #ssh: string | null
  #ping: NodeJS.Timeout | undefined
  #isSilent = false

  constructor(connection: Connection, source: AgentSource, connectTimeout: number) {
    this.#ssh = connection.host.ssh
    this.#process = connection.open(agentCommand(source), connectTimeout)
    const { stdin, stdout } = this.#process
    let ended: (end: End) => void = () => undefined
    this.ended = new Promise(resolve => {
      ended = resolve
    })
    this.agent = new AgentClient(source, stdin, stdout, () => {
      clearInterval(this.#ping)
      const killing = setTimeout(() => this.#process.kill('SIGKILL'), this.agent.unheard === null ? ENDING * 1000 : 0)
      void this.#process.finally(() => {
        clearTimeout(killing)
      })
      void this.#why().then(end => {
        ended(end)
        // After what listens to `ended` has had its turn.
        setImmediate(() => {
          this.agent.close(end.reason)
        })
      })
    })
  }

  /** Asks for what must be answered in time: ssh's own ConnectTimeout does not cover a host that accepts and is silent. */
  async greet(op: string, body: object, seconds: number): Promise<unknown> {
    return withTimeout(this.agent.ask(op, body).answer, seconds)
  }

  /** From now on the host is asked for signs of life, and one that gives none is not waited for. */
  watch(): void {
    this.#ping = setInterval(() => {
      this.agent.ask('ping').answer.catch(() => undefined)
      if (performance.now() - this.agent.heardAt < SILENCE_SECONDS * 1000) return
      this.#isSilent = true
      // Whatever its own way to end is, it may take as long as the host is silent.
      this.#process.kill('SIGKILL')
    }, PING_SECONDS * 1000)
    this.#ping.unref()
  }

  /** Ends the connection. */
  async end(reason: string): Promise<void> {
    clearInterval(this.#ping)
    this.agent.close(reason)
    this.#process.kill('SIGKILL')
    await this.#process
  }

  async #why(): Promise<End> {
    const { exitCode, stderr } = await this.#process
    const words = asReason(stderr.trim().split('\n').at(-1) ?? '')
    const problem = whyNoAgent(exitCode, words, this.#ssh)
    const silent = `it was silent for ${SILENCE_SECONDS} s`
    const { unheard } = this.agent
    if (unheard !== null) return { reason: unheard, problem: null, isFinal: true }
    return {
      isFinal: false,
      reason: this.#isSilent ? silent : words === '' ? 'the connection ended' : words,
      problem: problem && { ...problem, level: 'refuse' },
    }
  }
}

/** Rejects with ConnectionGone if it takes longer. */
export async function withTimeout<T>(promise: Promise<T>, seconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new ConnectionGone(`no answer within ${Math.round(seconds)} s`))
    }, seconds * 1000)
  })
  return Promise.race([promise, late]).finally(() => {
    clearTimeout(timer)
  })
}

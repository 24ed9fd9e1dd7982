/** The client's side of the agent on a builder: requests, answers, events of jobs. Source: hooks/agent/. */
import { readFile } from 'node:fs/promises'
import type { Readable, Writable } from 'node:stream'
import { messageOf } from '../../core/error.ts'
import { Allowance } from '../../core/allowance.ts'
import { quoteAll } from '../../core/quote.ts'
import { asReason } from '../../core/reason.ts'
import { readLines, writeLine } from '../lines.ts'
import { projectFile } from '../project.ts'

/** In the order in which they import each other. */
const MODULES = [
  ...[
    'lines',
    'paths',
    'requests',
    'kernel',
    'trial',
    'facts',
    'mirror',
    'capabilities',
    'processes',
    'root',
    'memory',
    'stuck',
    'job',
    'left',
    'runner',
    'runs',
    'clean',
    'slots',
    'cgroup',
    'view',
    'keeper',
  ],
  'agent',
].map(name => `farm_${name}`)

/** The agent's program text, read once. */
export interface AgentSource {
  boot: string
  payload: Buffer
}

export async function agentSource(): Promise<AgentSource> {
  const read = async (name: string): Promise<string> => readFile(projectFile(`hooks/agent/${name}.py`), 'utf8')
  const modules = await Promise.all(MODULES.map(async name => [name, await read(name)]))
  return { boot: await read('boot'), payload: Buffer.from(JSON.stringify(modules)) }
}

/**
 * A program to be installed on a builder: as the command of a line in authorized_keys it keeps that key to this agent and to
 * rsync below its directory.
 */
export async function restrictedAgent(): Promise<string> {
  const { boot, payload } = await agentSource()
  const program = await readFile(projectFile('hooks/agent/restricted.py'), 'utf8')
  // JSON's strings are Python's as well.
  const own = `BOOT = ${JSON.stringify(boot)}\nMODULES = ${JSON.stringify(payload.toString())}\n`
  return `#!/usr/bin/env python3\n${own}${program}`
}

/**
 * The line that the builder's shell is given. All else travels as JSON, where nothing needs quoting.
 *
 * `-I`: with `-c` alone Python looks for modules in the working directory first, which may be anybody's.
 */
export function agentCommand(source: AgentSource): string {
  return 'exec ' + quoteAll(['python3', '-I', '-c', source.boot, String(source.payload.length), 'farm_agent'])
}

interface Pending {
  resolve: (value: unknown) => void
  reject: (reason: Error) => void
  onEvent: (event: Record<string, unknown>) => void
}

/** The agent said no: what is wrong is at the host. */
export class AgentError extends Error {}

/** There is no answer, since there is no connection. */
export class ConnectionGone extends AgentError {}

/** Characters of the longest line: a job's answer, with its messages, each character of which may be six in JSON. */
const LONGEST = 16 << 20
/**
 * How much an agent may say: so many characters at once, when jobs are told anew to a new connection, and so many in each
 * second from then on. Builds on a busy host make some thousand.
 */
const AT_ONCE = 64 << 20
const IN_A_SECOND = 1 << 20

/** Requests to one agent over its standard streams. All of them fail once the connection is gone. */
export class AgentClient {
  readonly #input: Writable
  readonly #pending = new Map<number, Pending>()
  #next = 1
  #gone: Error | null = null
  /** Why what it says is not listened to any more, if that is so. */
  unheard: string | null = null
  /** When the agent last said something, on the clock of `performance.now()`. */
  heardAt = performance.now()

  /** Sends the agent's source and starts to listen. `lost` is told once, when no more answers can come. */
  constructor(source: AgentSource, input: Writable, output: Readable, lost: () => void) {
    this.#input = input
    // A broken pipe shows as the end of the output too; without a listener it would end the process.
    input.on('error', () => undefined)
    input.write(source.payload)
    void this.#listen(output).then(lost, (error: unknown) => {
      this.unheard = messageOf(error)
      this.close(this.unheard)
      lost()
    })
  }

  /** Asks, and waits for the answer. */
  ask(op: string, body: object = {}, onEvent: Pending['onEvent'] = () => undefined): AgentRequest {
    const id = this.#next++
    const answer = new Promise<unknown>((resolve, reject) => {
      if (this.#gone) {
        reject(this.#gone)
        return
      }
      this.#pending.set(id, { resolve, reject, onEvent })
      writeLine(this.#input, { id, op, ...body })
    })
    return { id, answer }
  }

  /** Ends the connection as far as requests go. */
  close(reason: string): void {
    this.#gone ??= new ConnectionGone(reason)
    this.#input.end()
    for (const { reject } of this.#pending.values()) reject(this.#gone)
    this.#pending.clear()
  }

  async #listen(output: Readable): Promise<void> {
    // A shell that greets on standard output would confuse nothing but itself: such lines are passed over.
    const allowance = new Allowance(AT_ONCE, IN_A_SECOND)
    for await (const message of readLines(
      output,
      () => undefined,
      LONGEST,
      length => {
        this.#spend(allowance, length)
      },
    )) {
      this.heardAt = performance.now()
      if (typeof message !== 'object' || message === null) continue
      const { id, ...body } = message as Record<string, unknown>
      const pending = typeof id === 'number' ? this.#pending.get(id) : undefined
      if (typeof id !== 'number' || !pending) continue
      if ('event' in body) {
        this.#report(id, pending, body)
        continue
      }
      this.#pending.delete(id)
      if ('ok' in body) pending.resolve(body['ok'])
      else pending.reject(errorOf(body['error']))
    }
  }

  #spend(allowance: Allowance, length: number): void {
    if (!allowance.take(length, performance.now() / 1000)) throw new AgentError('it says more than can be heard')
  }

  /** An event that its reader refuses is the end of its request, and not of the others. */
  #report(id: number, { onEvent, reject }: Pending, event: Record<string, unknown>): void {
    try {
      onEvent(event)
    } catch (error) {
      this.#pending.delete(id)
      reject(errorOf(error))
    }
  }
}

function errorOf(said: unknown): Error {
  if (said instanceof Error) return said
  return new AgentError(
    typeof said === 'string' && said !== ''
      ? asReason(said)
      : 'the agent answered neither with a result nor with a reason',
  )
}

export interface AgentRequest {
  id: number
  answer: Promise<unknown>
}

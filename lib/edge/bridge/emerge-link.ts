/** The connection with an emerge: messages that it sends are checked before anything believes them. */
import type { Readable, Writable } from 'node:stream'
import type { EmergeMessage, FarmMessage } from '../../core/message.ts'
import { printable } from '../../core/printable.ts'
import { readLines, writeLine } from '../lines.ts'
import { checkEmergeMessage } from './schema.ts'

/** emerge said something that is no message of this protocol. */
export class ProtocolError extends Error {}

export class EmergeLink {
  readonly #input: Readable
  readonly #output: Writable

  constructor(input: Readable, output: Writable) {
    this.#input = input
    this.#output = output
    output.on('error', () => undefined)
  }

  /** What emerge is to print may have been said by a host. */
  send(message: FarmMessage): void {
    writeLine(this.#output, cleaned(message))
  }

  /** What emerge says, until it closes its end. Throws a ProtocolError for what is no message. */
  async *messages(): AsyncGenerator<EmergeMessage> {
    const refuse = (line: string): never => {
      throw new ProtocolError(`emerge sent a line that is not JSON: ${line.slice(0, 200)}`)
    }
    for await (const message of readLines(this.#input, refuse)) {
      const problem = checkEmergeMessage(message)
      if (problem !== null) throw new ProtocolError(`emerge sent a message that is not understood: ${problem}`)
      yield message as EmergeMessage
    }
  }

  /** No more messages go out, and none are waited for: emerge hears that when this process ends, and goes on alone. */
  end(): void {
    this.#output.end()
    this.#input.destroy()
  }
}

/** What a host may have said. */
const WORDS: ReadonlySet<string> = new Set(['text', 'reason', 'elog'])

function cleaned(message: FarmMessage): object {
  const clean = (name: string, value: unknown): unknown =>
    typeof value === 'string' && WORDS.has(name) ? printable(value) : value
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [name, clean(name, value)]))
}

/** JSON lines, in and out. */
import type { Readable, Writable } from 'node:stream'
import { createInterface } from 'node:readline'

/** The lines of a stream that are not empty, each parsed; a line that is not JSON is given as it is to `refuse`. */
export async function* readLines(stream: Readable, refuse: (line: string) => void): AsyncGenerator {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) {
    if (line.trim() === '') continue
    let message: unknown
    try {
      message = JSON.parse(line)
    } catch {
      refuse(line)
      continue
    }
    yield message
  }
}

/** Writes a message; a stream that has ended is the reader's business, not the writer's. */
export function writeLine(stream: Writable, message: object): void {
  if (stream.writable) stream.write(JSON.stringify(message) + '\n')
}

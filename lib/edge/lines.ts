/** JSON lines, in and out. */
import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** Characters of the longest line that is waited for: whoever sends more would fill the memory here. */
const LONGEST = 256 << 20

/**
 * The lines of a stream that are not empty, each parsed; a line that is not JSON is given as it is to `refuse`.
 *
 * @param heard is told of the length of each piece, and throws an Error if that is too much
 */
export async function* readLines(
  stream: Readable,
  refuse: (line: string) => void,
  longest = LONGEST,
  heard: (length: number) => void = () => undefined,
): AsyncGenerator {
  for await (const line of linesOf(stream, longest, heard)) {
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

/** Not readline's: that also ends lines where JSON may go on, at U+2028 and U+2029, and waits for an end for ever. */
async function* linesOf(stream: Readable, longest: number, heard: (length: number) => void): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  const begun: string[] = []
  let length = 0
  // A reader that stops early leaves the stream as it is.
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    heard((chunk as Buffer).length)
    const [first = '', ...others] = decoder.write(chunk as Buffer).split('\n')
    begun.push(first)
    length += first.length
    if (length > longest) throw new Error(`a line of more than ${longest} characters was said`)
    for (const next of others) {
      yield begun.join('')
      begun.splice(0, Infinity, next)
      length = next.length
    }
    if (length > longest) throw new Error(`a line of more than ${longest} characters was said`)
  }
  yield begun.join('') + decoder.end()
}

/** Writes a message; a stream that has ended is the reader's business, not the writer's. */
export function writeLine(stream: Writable, message: object): void {
  if (stream.writable) stream.write(JSON.stringify(message) + '\n')
}

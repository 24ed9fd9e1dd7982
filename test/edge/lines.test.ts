import { PassThrough, Readable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { readLines, writeLine } from '../../lib/edge/lines.ts'

t.setTimeout(20_000)

async function read(chunks: Iterable<Buffer>): Promise<{ messages: unknown[]; refused: string[] }> {
  const messages: unknown[] = []
  const refused: string[] = []
  for await (const message of readLines(Readable.from(chunks), line => refused.push(line))) messages.push(message)
  return { messages, refused }
}

void t.test('a message a line', async t => {
  const { messages, refused } = await read([Buffer.from('{"a":1}\n\n  \n[2]\r\n"three"')])
  t.strictSame(messages, [{ a: 1 }, [2], 'three'], 'the last line need not end')
  t.strictSame(refused, [])
})

void t.test('line separators that JSON allows in a word do not end a line', async t => {
  const word = 'a\u2028b\u2029c\u0085d'
  t.strictSame(await read([Buffer.from(`${JSON.stringify(word)}\n`)]), { messages: [word], refused: [] })
})

void t.test('a line that does not end is not waited for', async t => {
  const messages: unknown[] = []
  const endless = Readable.from(
    (function* () {
      yield Buffer.from('{"a":1}\n')
      for (;;) yield Buffer.from('x'.repeat(100))
    })(),
  )
  await t.rejects(
    (async () => {
      for await (const message of readLines(endless, () => undefined, 1000)) messages.push(message)
    })(),
    { message: /a line of more than 1000 characters/ },
  )
  t.strictSame(messages, [{ a: 1 }])
})

void t.test('what is not JSON is handed on as it is', async t => {
  const { messages, refused } = await read([Buffer.from('Welcome to big!\n{"a":1}\n{"a":\n')])
  t.strictSame(messages, [{ a: 1 }])
  t.strictSame(refused, ['Welcome to big!', '{"a":'])
})

void t.test('a stream that breaks is an error, or the end', async t => {
  const stream = new PassThrough()
  stream.write('{"a":1}\n')
  const messages: unknown[] = []
  const reading = (async () => {
    for await (const message of readLines(stream, () => undefined)) {
      messages.push(message)
      stream.destroy(new Error('ECONNRESET'))
    }
  })()
  await reading.catch(() => undefined)
  t.strictSame(messages, [{ a: 1 }])
})

void t.test('whatever the message, and wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue({ stringUnit: 'binary' }), { maxLength: 5 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      async (values, cuts) => {
        const stream = new PassThrough()
        for (const value of values) writeLine(stream, { value })
        stream.end()
        const whole = Buffer.concat((await stream.toArray()) as Buffer[])
        const at = [0, ...cuts.map(cut => cut % (whole.length + 1)).sort((a, b) => a - b), whole.length]
        const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end))
        const { messages, refused } = await read(chunks.filter(chunk => chunk.length > 0))
        const expected = values.map(value => JSON.parse(JSON.stringify({ value })) as unknown)
        if (refused.length > 0 || JSON.stringify(messages) !== JSON.stringify(expected)) throw new Error('not the same')
      },
    ),
    { numRuns: 300, interruptAfterTimeLimit: 3000, markInterruptAsFailure: false },
  )
})

void t.test('nothing is written to a stream that has ended', t => {
  const stream = new PassThrough()
  stream.end()
  writeLine(stream, {})
  t.end()
})

import { PassThrough } from 'node:stream'
import t from 'tap'
import type { EmergeMessage } from '../../../lib/core/message.ts'
import { EmergeLink, ProtocolError } from '../../../lib/edge/bridge/emerge-link.ts'

t.setTimeout(10_000)

async function heard(text: string): Promise<EmergeMessage[]> {
  const input = new PassThrough()
  input.end(text)
  const messages: EmergeMessage[] = []
  for await (const message of new EmergeLink(input, new PassThrough()).messages()) messages.push(message)
  return messages
}

void t.test('what emerge says, until it closes its end', async t => {
  t.strictSame(await heard('{"type":"merged","id":"a"}\n{"type":"end","code":0}\n'), [
    { type: 'merged', id: 'a' },
    { type: 'end', code: 0 },
  ])
  t.strictSame(await heard(''), [])
})

void t.test('nonsense is not believed', async t => {
  t.type(await heard('Traceback (most recent call last):\n').catch((error: unknown) => error), ProtocolError)
  await t.rejects(heard('Traceback (most recent call last):\n'), { message: /not JSON: Traceback/ })
  await t.rejects(heard('{"type":"merged"}\n'), { message: /not understood: merged/ })
  await t.rejects(heard(`{"type":"merged","id":"${'x'.repeat(1000)}\n`), { message: /^.{1,300}$/ })
})

void t.test('what is said to emerge is a line each, until the end', async t => {
  const output = new PassThrough()
  const link = new EmergeLink(new PassThrough(), output)
  link.send({ type: 'go' })
  link.send({ type: 'say', level: 'info', text: 'two\nlines' })
  link.end()
  link.send({ type: 'bye' })
  t.equal(
    Buffer.concat((await output.toArray()) as Buffer[]).toString(),
    '{"type":"go"}\n{"type":"say","level":"info","text":"two\\nlines"}\n',
  )
})

void t.test('a host’s words cannot move the cursor', async t => {
  const output = new PassThrough()
  const link = new EmergeLink(new PassThrough(), output)
  link.send({ type: 'say', level: 'warn', text: 'farm-b: \u001b[2J' })
  link.send({ type: 'home', id: 'a', reason: 'no\u0007', share: false })
  const words = { log: null, elog: 'WARN: setup\n\u001b]0;title\u0007\u001b[8mhidden\n\ud800' }
  link.send({ type: 'commit', id: 'a', path: '/a', host: 'farm-b', seconds: 1, ...words })
  link.end()
  const said = Buffer.concat((await output.toArray()) as Buffer[])
    .toString()
    .trim()
    .split('\n')
  t.match(
    said.map(line => JSON.parse(line) as unknown),
    [
      { text: 'farm-b: \\x1b[2J' },
      { id: 'a', reason: 'no\\x07' },
      { path: '/a', elog: 'WARN: setup\n\\x1b]0;title\\x07\\x1b[8mhidden\n\uFFFD' },
    ],
  )
})

void t.test('an emerge that is gone is no exception', async t => {
  const output = new PassThrough()
  const link = new EmergeLink(new PassThrough(), output)
  output.destroy(new Error('EPIPE'))
  await new Promise(resolve => output.once('close', resolve))
  link.send({ type: 'go' })
  link.end()
  t.pass()
})

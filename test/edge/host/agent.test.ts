import { execFileSync } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { agentCommand, AgentClient, AgentError, agentSource, type AgentSource } from '../../../lib/edge/host/agent.ts'

t.setTimeout(20_000)

const source: AgentSource = { boot: 'boot', payload: Buffer.from('payload') }

interface Talk {
  agent: AgentClient
  /** All that the agent was sent. */
  raw: () => string
  /** What the agent was told since its source. */
  heard: () => { id: number; [key: string]: unknown }[]
  /** The agent says something. */
  say: (message: unknown) => Promise<void>
  input: PassThrough
  output: PassThrough
  lost: () => number
}

function talk(): Talk {
  const input = new PassThrough()
  const output = new PassThrough()
  let lost = 0
  let text = ''
  input.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const agent = new AgentClient(source, input, output, () => {
    lost++
  })
  return {
    agent,
    input,
    output,
    lost: () => lost,
    raw: () => text,
    heard: () =>
      text
        .slice('payload'.length)
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line) as { id: number }),
    say: async message => {
      output.write(typeof message === 'string' ? message : JSON.stringify(message) + '\n')
      await settle()
    },
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await setImmediate()
}

void t.test('the command line is the same for all hosts and packages', async t => {
  const real = await agentSource()
  const command = agentCommand(real)
  t.equal(command, agentCommand(await agentSource()))
  const line = `set -- ${command.replace(/^exec /, '')}; printf '%s\\0' "$@"`
  t.strictSame(
    execFileSync('sh', ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1),
    ['python3', '-I', '-c', real.boot, String(real.payload.length), 'farm_agent'],
    'a shell reads it as six words',
  )
  t.ok(Buffer.byteLength(command) < 16_384, 'and it is short enough for one')
  t.strictSame(
    (JSON.parse(real.payload.toString()) as [string, string][]).map(([name]) => name).at(-1),
    'farm_agent',
    'the rest goes in behind it',
  )
})

void t.test('first its own source, then requests', async t => {
  const { agent, raw, heard, say } = talk()
  const odd = { cpv: 'app/$(id)-1', use: ["it's", '`id`', '-x\n'] }
  const request = agent.ask('job', { job: odd })
  await settle()
  t.ok(raw().startsWith('payload{'))
  t.strictSame(heard(), [{ id: request.id, op: 'job', job: odd }], 'names travel as JSON')
  await say({ id: request.id, ok: { code: 0 } })
  t.strictSame(await request.answer, { code: 0 })
})

void t.test('answers find their questions, in any order', async t => {
  const { agent, say } = talk()
  const [first, second] = [agent.ask('a'), agent.ask('b')]
  await say({ id: second.id, ok: 'two' })
  await say({ id: first.id, ok: null })
  t.equal(await second.answer, 'two')
  t.equal(await first.answer, null)
})

void t.test('an error is an AgentError with its words', async t => {
  const { agent, say } = talk()
  const { id, answer } = agent.ask('mirror')
  const failing = answer.catch((error: unknown) => error)
  await say({ id, error: 'No space left on device' })
  const error = await failing
  t.type(error, AgentError)
  t.match(error, { message: 'No space left on device' })
})

void t.test('events of a request go to who asked', async t => {
  const { agent, say } = talk()
  const events: unknown[] = []
  const { id, answer } = agent.ask('job', {}, event => events.push(event))
  await say({ id, event: 'phase', phase: 'compile' })
  await say({ id: 99, event: 'phase', phase: 'unpack' })
  await say({ id, ok: 1 })
  await say({ id, event: 'phase', phase: 'too late' })
  t.equal(await answer, 1)
  t.strictSame(events, [{ event: 'phase', phase: 'compile' }])
})

void t.test('what is no answer is passed over', async t => {
  const { agent, say, lost } = talk()
  const { id, answer } = agent.ask('hello')
  await say('Last login: yesterday\n')
  for (const message of [null, 7, [], {}, { ok: 1 }, { id: null, ok: 1 }, { id: 'x', ok: 1 }, { id: 99, ok: 1 }]) {
    await say(message)
  }
  await say({ id, ok: 'hello' })
  t.equal(await answer, 'hello')
  t.equal(lost(), 0)
})

void t.test('when the connection is gone, so are all requests', async t => {
  const { agent, output, lost } = talk()
  const pending = agent.ask('job').answer.catch((error: unknown) => error)
  output.end()
  await settle()
  t.equal(lost(), 1, 'it is told once')
  agent.close('big does not answer')
  agent.close('something else')
  t.match(await pending, { message: 'big does not answer' })
  t.type(await pending, AgentError)
  await t.rejects(agent.ask('ping').answer, { message: 'big does not answer' }, 'also later ones')
  t.equal(lost(), 1)
})

void t.test('an answer that cannot be read as one fails its request', async t => {
  const { agent, say, lost } = talk()
  const nonsense = { toString: 1, valueOf: 1 }
  for (const body of [{ error: nonsense }, { error: '' }, {}]) {
    const { id, answer } = agent.ask('hello')
    const failing = t.rejects(answer, { message: /neither with a result nor with a reason/ })
    await say({ id: nonsense, ok: 1 })
    await say({ id, ...body })
    await failing
  }
  t.equal(lost(), 0)
})

void t.test('an event that its reader refuses ends that request alone', async t => {
  const { agent, say, lost } = talk()
  const asked = agent.ask('job', {}, () => {
    throw new AgentError('what is that?')
  })
  const other = agent.ask('ping')
  const failing = t.rejects(asked.answer, { message: 'what is that?' })
  await say({ id: asked.id, event: 'party' })
  await say({ id: other.id, ok: {} })
  await failing
  t.strictSame(await other.answer, {})
  t.equal(lost(), 0)
})

void t.test('a host that says too much is not listened to', async t => {
  for (const [what, lines, words] of [
    ['one line', ['x'.repeat(17 << 20)], /^a line of more than/],
    [
      'many',
      Array.from({ length: 70 }, () => `${JSON.stringify({ id: 99, ok: 'x'.repeat(1 << 20) })}\n`),
      /says more than/,
    ],
  ] as const) {
    const { agent, output, lost } = talk()
    const pending = agent.ask('job').answer.catch((error: unknown) => error)
    for (const line of lines) {
      output.write(line)
      await settle()
    }
    t.match(await pending, { message: words }, what)
    t.match(agent.unheard, words)
    t.equal(lost(), 1)
  }
})

void t.test('a reason is short', async t => {
  const { agent, say } = talk()
  const { id, answer } = agent.ask('hello')
  const failing = t.rejects(answer, { message: /^x{2048}$/ })
  await say({ id, error: 'x'.repeat(100_000) })
  await failing
})

void t.test('a pipe that breaks is no exception', async t => {
  const { agent, input, output, lost } = talk()
  input.destroy(new Error('EPIPE'))
  output.destroy(new Error('ECONNRESET'))
  await settle()
  t.equal(lost(), 1)
  const asked = agent.ask('ping').answer.catch((error: unknown) => error)
  agent.close('gone')
  t.type(await asked, AgentError)
})

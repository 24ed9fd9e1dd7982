import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { projectFile } from '../../lib/edge/project.ts'
import { agentSource } from '../../lib/edge/host/agent.ts'
import { mutated, some } from './mutate.ts'

t.setTimeout(60_000)

interface Answer {
  id: unknown
  ok?: unknown
  error?: unknown
}

/** The number of the request that ends it all. */
const LAST = 1_000_000

/** What an agent answers to these lines, in whatever order, and all that it said besides. */
async function answers(
  sent: readonly Buffer[],
): Promise<{ answers: Answer[]; complaints: string; code: number | null }> {
  const { boot, payload } = await agentSource()
  const agent = spawn('python3', ['-c', boot, String(payload.length), 'farm_agent'])
  const ended = new Promise<number | null>(resolve => agent.on('close', resolve))
  agent.stdin.on('error', () => undefined)
  agent.stdin.write(payload)
  const leaving = line({ id: LAST, op: 'leave' })
  for (const each of [...sent, leaving]) agent.stdin.write(Buffer.concat([each, Buffer.from('\n')]))
  // The end of the input would end the connection, with the last answers still on their way.
  agent.stdout.on('data', (chunk: Buffer) => {
    if (chunk.includes(`"id": ${LAST}`)) agent.stdin.end()
  })
  const [said, complaints] = await Promise.all([buffer(agent.stdout), buffer(agent.stderr)])
  const lines = said.toString().split('\n').slice(0, -1)
  return {
    answers: lines.map(each => JSON.parse(each) as Answer).filter(({ id }) => id !== LAST),
    complaints: complaints.toString(),
    code: await ended,
  }
}

function line(message: unknown): Buffer {
  return Buffer.from(JSON.stringify(message))
}

/** A farm's directory of this test's own, and the requests that come first. */
function place(t: Test): { dir: string; run: string; hello: object; job: Record<string, unknown> } {
  const boot = readFileSync(projectFile('hooks/agent/boot.py'), 'utf8')
  const dir = t.testdir({ outside: { job: { precious: 'kept' } } })
  const run = `${dir}/clients/c/runs/r`
  const root = `${run}/roots/1`
  const step = { name: 'build', argv: ['/bin/true'], env: { A: 'b' }, network: false, pkgdir: `${root}/job/out` }
  return {
    dir,
    run,
    hello: { id: 1, op: 'hello', dir, client: 'c', run: 'r', boot, linger: 1, again: false },
    job: {
      ...{ root, lower: '/nonexistent', hostname: 'here', is32bit: false, stuckAfter: 0, pkgdir: '/var/cache/binpkgs' },
      ...{ binds: { '/var/cache/distfiles': `${dir}/clients/c/distfiles` }, log: `${root}/job/build.log` },
      ...{ jobservers: { '/dev/steve': 3 }, slots: 2 },
      ...{ packages: {}, steps: [step] },
    },
  }
}

t.test(
  'whatever it is asked: an answer to each, with a reason to what is nonsense, and the agent lives on',
  async t => {
    const { dir, hello, job } = place(t)
    const sound = [
      { id: 2, op: 'ping' },
      { id: 2, op: 'packages', names: ['a%b-1.gpkg.tar'] },
      { id: 2, op: 'distfiles', files: [['a.tar.gz', 12]] },
      { id: 2, op: 'cancel', key: 'a#1' },
      { id: 2, op: 'jobs' },
      { id: 2, op: 'clear' },
      { id: 2, op: 'remove', root: '7' },
      { id: 2, op: 'tried', toolchain: 'gcc' },
      { id: 2, op: 'mirrored', forget: ['/etc/x'] },
      { id: 2, op: 'party' },
      // Never whole: it would be run.
      { id: 2, op: 'job', key: 'a', about: {}, job: { ...job, steps: [] } },
    ]
    const nonsense = some(mutated(sound), 2000)
    const odd = ['{', '"ping"', '\0', '{"id":3,"op":"ping"', '1e999', '[1,2]', '['.repeat(100_000), '9'.repeat(5000)]
    const bytes = [
      ...odd.map(text => Buffer.from(text)),
      Buffer.from([0xff, 0xfe, 0x7b]),
      Buffer.from('x'.repeat(4 << 20)),
    ]
    const last = { id: 99, op: 'ping' }
    const sent = [line(hello), ...nonsense.map(line), ...bytes, line(last)]
    const { answers: said, complaints, code } = await answers(sent)
    t.equal(complaints, '')
    t.equal(code, 0)
    t.equal(said.length, sent.length, 'each line has its answer')
    const where = { run: `${dir}/clients/c/runs/r`, distfiles: `${dir}/clients/c/distfiles`, others: [] }
    t.strictSame(said[0], { id: 1, ok: where })
    t.notOk(existsSync(where.run), 'nothing of the run is left')
    t.strictSame(said.at(-1), { id: 99, ok: {} })
    const refused = said.flatMap(({ error }) => (error === undefined ? [] : [error]))
    t.ok(refused.length > 1000 && refused.length < sent.length - 200, `${refused.length} were refused`)
    t.strictSame(
      refused
        .map(error => (typeof error === 'string' ? error.slice(0, 450) : ''))
        .filter(error => !/^[^\n]{10,400}$/.test(error)),
      [],
    )
  },
)

t.test('before it was greeted', async t => {
  const { job } = place(t)
  const asked = ['mirror', 'mirrored', 'tried', 'packages', 'distfiles', 'job', 'cancel', 'remove']
  const { answers: said, complaints } = await answers(asked.map((op, id) => line({ id, op, job })))
  t.equal(complaints, '')
  t.strictSame(
    said,
    asked.map((op, id) => ({ id, error: `${op} was asked before hello` })),
  )
})

t.test('a job that is not one, or that would act outside of its run', async t => {
  const { dir, run, hello, job } = place(t)
  const [step] = job['steps'] as [Record<string, unknown>]
  const steps = (more: object): object => ({ steps: [{ ...step, ...more }] })
  const cases: [change: object, words: RegExp][] = [
    [{ root: `${dir}/outside` }, /root is not below the run/],
    [{ root: `${run}/roots/../../../../../outside` }, /root is not below the run/],
    [{ root: run }, /root is not below the run/],
    [{ root: `${run}/roots` }, /root is not below the run/],
    [{ root: null }, /root is not below the run/],
    [{ lower: 'root-1' }, /its lower/],
    [{ hostname: 7 }, /its hostname/],
    [{ is32bit: 'no' }, /its is32bit/],
    [{ stuckAfter: 1.5 }, /its stuckAfter/],
    [{ slots: 0 }, /its slots/],
    [{ slots: '2' }, /its slots/],
    [{ binds: { '/x': '/etc' } }, /its binds/],
    [{ jobservers: undefined }, /its jobservers/],
    [{ jobservers: { '/etc/x': 1 } }, /its jobservers/],
    [{ jobservers: { '/dev/../etc/x': 1 } }, /its jobservers/],
    [{ jobservers: { '/dev//x': 1 } }, /its jobservers/],
    [{ jobservers: { '/dev/x': -1 } }, /its jobservers/],
    [{ jobservers: { '/dev/x': 1e6 } }, /its jobservers/],
    [{ binds: { x: `${dir}/clients/c/distfiles` } }, /its binds/],
    [{ log: `${dir}/log` }, /its log/],
    [{ packages: { a: '../../../x' } }, /its packages/],
    [{ packages: { '../a': 'x' } }, /its packages/],
    [{ packages: [] }, /its packages/],
    [{ steps: [] }, /its steps/],
    [steps({ argv: [] }), /its steps/],
    [steps({ argv: ['true'] }), /its steps/],
    [steps({ env: { A: 7 } }), /its steps/],
    [steps({ env: { 'A=': 'b' } }), /its steps/],
    [steps({ network: 1 }), /its steps/],
    [steps({ pkgdir: '/var/cache/binpkgs' }), /its steps/],
  ]
  const asked = { op: 'job', key: 'a', about: {} }
  const requests = cases.map(([change], id) => ({ id, ...asked, job: { ...job, ...change } }))
  const missing = Object.keys(job).map(name => ({ id: 100, ...asked, job: { ...job, [name]: undefined } }))
  const { answers: said, complaints } = await answers([hello, ...requests, ...missing].map(line))
  t.equal(complaints, '')
  for (const [id, [change, words]] of cases.entries()) t.match(said[id + 1]?.error, words, JSON.stringify(change))
  const lacking = said.slice(-missing.length).map(({ error }) => error)
  t.strictSame(
    lacking.filter(error => typeof error !== 'string' || !error.startsWith('job: its job is wrong (')),
    [],
  )
  t.equal(lacking.length, missing.length)
  t.equal(readFileSync(`${dir}/outside/job/precious`, 'utf8'), 'kept')
})

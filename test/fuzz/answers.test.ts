import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { AgentClient, AgentError } from '../../lib/edge/host/agent.ts'
import {
  distfilesAnswerOf,
  generationOf,
  hostFactsOf,
  hostPlaceOf,
  jobDoneOf,
  jobEventOf,
  packagesAnswerOf,
} from '../../lib/edge/host/answers.ts'
import { always, mutated, some } from './mutate.ts'
import { facts, generation, hostPlace, jobDone, jobEvents } from './samples.ts'

t.setTimeout(30_000)

const ASKED = ['a', 'b']
const all: { read: (answer: unknown) => unknown; sound: readonly unknown[] }[] = [
  { read: hostFactsOf, sound: [facts, { ...facts, rsync: null, directory: { error: 'Read-only file system' } }] },
  { read: hostPlaceOf, sound: [hostPlace] },
  { read: generationOf, sound: [generation, { ...generation, base: null, tried: null }] },
  { read: jobDoneOf, sound: [jobDone, { ...jobDone, code: 1, files: [], log: null, disk: null }] },
  { read: jobEventOf, sound: jobEvents },
  { read: answer => packagesAnswerOf(answer, ASKED), sound: [{ path: '/x/packages', missing: ['a'] }] },
  { read: answer => distfilesAnswerOf(answer, ASKED), sound: [{ missing: ['b'] }] },
]

/** Throws if something that was believed can do harm. */
function harmless(value: unknown, name = '', isOfFile = false): void {
  const isAmount = /^(seconds|cpuSeconds|memory|disk|size|cores|freeBytes|clock)$/.test(name)
  if (isAmount && value !== null && !(Number.isFinite(value) && Number(value) >= 0)) throw new Error(name)
  const isPath = /^(path|log|base|run|distfiles)$/.test(name)
  if (isPath && typeof value === 'string') {
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    if (value.split('/').includes('..') || /[\u0000-\u001f]/.test(value)) throw new Error(`${name}: ${value}`)
    if (value.startsWith('/') === (isOfFile || name === 'log')) throw new Error(`${name}: ${value}`)
  }
  if (name === 'missing' && !(value as string[]).every(each => ASKED.includes(each))) throw new Error('not asked')
  if (typeof value !== 'object' || value === null) return
  for (const [key, each] of Object.entries(value))
    harmless(each, Array.isArray(value) ? '' : key, isOfFile || key === 'files')
}

t.test('whatever a host answers: believed without harm, or an AgentError that says why not', async t => {
  let refused = 0
  let taken = 0
  for (const { read, sound } of all) {
    for (const each of sound) t.strictSame(read(each), each)
    always(fc.oneof({ weight: 9, arbitrary: mutated(sound) }, fc.jsonValue()), 700, answer => {
      try {
        harmless(read(answer))
        taken++
      } catch (error) {
        if (!(error instanceof AgentError) || !/ understood: \w.* \w/.test(error.message)) throw error
        if (error.message.length > 500) throw new Error('too many words', { cause: error })
        refused++
      }
    })
  }
  t.ok(taken > 200 && refused > 2000, `${taken} were taken, ${refused} refused`)
})

t.test('whatever a host says: each request is answered, or fails with words', async t => {
  const message = { id: 1, ok: jobDone }
  const said = some(mutated([message, { id: 1, error: 'no' }, { id: 2, event: 'phase', ...jobEvents[1] }]), 1500)
  const input = new PassThrough().resume()
  const output = new PassThrough()
  let lost = 0
  const agent = new AgentClient({ boot: '', payload: Buffer.from('') }, input, output, () => lost++)
  const onEvent = (event: unknown): void => void jobEventOf(event)
  const asked = Array.from({ length: said.length }, () => agent.ask('job', {}, onEvent))
  for (const [index, each] of said.entries()) {
    const text = JSON.stringify(each)
    // Each speaks of a request of its own.
    output.write(`${text.replace(/"id":[12]\b/, `"id":${index + 1}`)}\n`)
  }
  for (const { id } of asked) output.write(`${JSON.stringify({ id, ok: 'at last' })}\n`)
  const ends = await Promise.allSettled(asked.map(each => each.answer))
  const failed = ends.flatMap(end => (end.status === 'rejected' ? [end.reason as unknown] : []))
  t.ok(failed.length > 100)
  t.strictSame(
    failed.filter(error => !(error instanceof AgentError) || error.message === ''),
    [],
  )
  t.equal(lost, 0, 'and the connection is not lost')
})

import t from 'tap'
import { AgentError } from '../../../lib/edge/host/agent.ts'
import {
  distfilesAnswerOf,
  generationOf,
  hostFactsOf,
  hostPlaceOf,
  jobDoneOf,
  jobEventOf,
  packagesAnswerOf,
} from '../../../lib/edge/host/answers.ts'
import { facts, generation, hostPlace, jobDone, jobEvents } from '../../fuzz/samples.ts'

/** What is said of an answer that is refused. */
function refusal(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    if (error instanceof AgentError) return error.message
    throw error
  }
  return 'it was taken'
}

t.test('answers as the agent gives them', async t => {
  t.strictSame(hostFactsOf(facts), facts)
  t.strictSame(hostFactsOf({ ...facts, rsync: null, directory: { error: 'No space left on device' } }).rsync, null)
  t.strictSame(hostPlaceOf(hostPlace), hostPlace)
  t.strictSame(generationOf(generation), generation)
  t.strictSame(generationOf({ ...generation, base: null, tried: null }).base, null)
  t.strictSame(jobDoneOf(jobDone), jobDone)
  const { unfit, output, ...least } = { ...jobDone, code: -9, disk: null, log: null, files: [] }
  t.strictSame(jobDoneOf(least), least, `without ${String(unfit)} and ${String(output)}`)
  for (const event of jobEvents) t.strictSame(jobEventOf(event), event)
  t.strictSame(packagesAnswerOf({ path: '/x/packages', missing: ['b'] }, ['a', 'b']).missing, ['b'])
  t.strictSame(distfilesAnswerOf({ missing: ['b'] }, ['a', 'b']).missing, ['b'])
})

t.test('a path that leads elsewhere', async t => {
  const bad = ['..', '../x', 'a/../../x', 'a/..', '/etc/passwd', './x', '', 'a//b', 'a/', 'a\nb', 'a\0b']
  for (const path of bad) {
    t.match(
      refusal(() => jobDoneOf({ ...jobDone, files: [{ ...jobDone.files[0], path }] })),
      /job\/files\/0\/path must match/,
      JSON.stringify(path),
    )
    t.match(
      refusal(() => jobDoneOf({ ...jobDone, log: path })),
      /job\/log must match/,
      JSON.stringify(path),
    )
  }
  for (const path of ['..a', 'a..b/c', '.x', '...', 'a/ b'])
    t.equal(jobDoneOf({ ...jobDone, log: path }).log, path, JSON.stringify(path))
  for (const path of ['', '/', 'root-1', '/a/../b', '/a/./b', '/a\n', '//a', '/a/']) {
    t.match(
      refusal(() => generationOf({ ...generation, path })),
      /mirror\/path must match/,
      JSON.stringify(path),
    )
    t.match(
      refusal(() => generationOf({ ...generation, base: path })),
      /mirror\/base must match/,
      JSON.stringify(path),
    )
    t.match(
      refusal(() => hostPlaceOf({ ...hostPlace, run: path })),
      /hello\/run must match/,
      JSON.stringify(path),
    )
    t.match(
      refusal(() => packagesAnswerOf({ path, missing: [] }, [])),
      /packages\/path must match/,
      JSON.stringify(path),
    )
  }
})

t.test('more than anybody has to say', async t => {
  const file = jobDone.files[0]
  const long = '日'.repeat(80)
  const cases: [field: string, value: unknown][] = [
    ['files', [{ ...file, path: `app-toy/${'x'.repeat(250)}` }]],
    ['files', [{ ...file, path: `app-toy/${long}${long}` }]],
    ['files', [{ ...file, path: 'a/\ud800' }]],
    ['files', [{ ...file, size: 9e15 }]],
    ['files', Array.from({ length: 100 }, () => file)],
    ['log', `${'x/'.repeat(60_000)}x`],
    ['elog', 'x'.repeat(2 ** 20 + 1)],
    ['output', 'x'.repeat(2 ** 20 + 1)],
    ['unfit', 'x'.repeat(5000)],
    ['code', 2 ** 40],
    ['seconds', 1e300],
    ['disk', 9e15],
  ]
  for (const [field, value] of cases) {
    t.match(
      refusal(() => jobDoneOf({ ...jobDone, [field]: value })),
      /^what the host says is not understood: job\/.{1,300}$/u,
      `${field}: ${JSON.stringify(value).slice(0, 60)}`,
    )
  }
  t.equal(jobDoneOf({ ...jobDone, files: [{ ...file, path: `app-toy/${long}` }] }).files.length, 1, '248 bytes')
  const phase = { event: 'phase', cpv: 'a/b-1', phase: 'compile' }
  for (const event of [
    { ...phase, phase: 'x'.repeat(4096) },
    { ...phase, ...Object.fromEntries(Array.from({ length: 50 }, (_, number) => [`x${number}`, ''])) },
  ]) {
    t.match(
      refusal(() => jobEventOf(event)),
      /not understood: job event/,
    )
  }
  t.match(
    refusal(() => hostFactsOf({ ...facts, cpu: { flags: Array.from({ length: 10_000 }, () => 'x'), identity: '' } })),
    /facts\/cpu\/flags must NOT have more than/,
  )
  t.match(
    refusal(() => distfilesAnswerOf({ missing: Array.from({ length: 1e6 }, () => 'b') }, ['a', 'b'])),
    /distfiles\/missing has more than was asked/,
  )
})

t.test('a host cannot choose what it is sent', async t => {
  const asked = ['a-1.gpkg.tar', 'b']
  for (const name of ['../../../etc/shadow', 'a-1.gpkg.tar/..', '', 'toString']) {
    t.match(
      refusal(() => packagesAnswerOf({ path: '/x', missing: ['b', name] }, asked)),
      /packages\/missing has ".*", which was not asked/,
    )
    t.match(
      refusal(() => distfilesAnswerOf({ missing: [name] }, asked)),
      /distfiles\/missing has/,
    )
  }
})

t.test('figures and words of the wrong kind', async t => {
  const cases: [field: string, value: unknown][] = [
    ['code', '0'],
    ['code', 0.5],
    ['seconds', -1],
    ['seconds', Infinity],
    ['cpuSeconds', null],
    ['memory', -1],
    ['disk', -1],
    ['disk', '5'],
    ['files', {}],
    ['files', [{ ...jobDone.files[0], size: -1 }]],
    ['files', [{ ...jobDone.files[0], sha256: 'abc' }]],
    ['log', 7],
    ['elog', ['INFO: x']],
    ['elog', null],
    ['unfit', null],
    ['output', 7],
    ['step', undefined],
  ]
  for (const [field, value] of cases) {
    t.match(
      refusal(() => jobDoneOf({ ...jobDone, [field]: value })),
      field,
      `${field}: ${JSON.stringify(value)}`,
    )
  }
  t.match(
    refusal(() => hostFactsOf({ ...facts, cores: 0 })),
    /facts\/cores must be >= 1/,
  )
  t.match(
    refusal(() => hostFactsOf({ ...facts, directory: {} })),
    /facts\/directory must have/,
  )
  t.match(
    refusal(() => hostFactsOf(null)),
    /facts must be object/,
  )
  t.match(
    refusal(() => jobEventOf({ event: 'phase', cpv: 'a/b-1' })),
    /job event must/,
  )
  t.match(
    refusal(() => jobEventOf({ event: 'variable', cpv: 'a/b-1', name: 'CFLAGS', value: { toString: 1 } })),
    /job event\/value must be string/,
  )
  t.match(
    refusal(() => jobEventOf({ event: 'party' })),
    /job event/,
  )
})

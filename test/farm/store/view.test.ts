import fc from 'fast-check'
import t from 'tap'
import { ebuild, edge, requestOf } from '../../core/support.ts'
import { built, commitAll, keyOf, Memory, published, SteppedWorker } from './support.ts'

/** The graph of the wish: a needs b, c and d, and those need e. */
const WISH = requestOf(
  ['e', 'b', 'c', 'd', 'a'].map(name => ebuild(name)),
  [...['b', 'c', 'd'].map(name => edge(name, 'e')), ...['b', 'c', 'd'].map(name => edge('a', name))],
)

function crew(memory: Memory, count: number, slots = 1): SteppedWorker[] {
  const names = Array.from({ length: count }, (_, index) => `w${index}`)
  const plan = published(WISH)
  return names.map(name => {
    const worker = new SteppedWorker(name, memory, plan, slots)
    worker.join(...names)
    return worker
  })
}

/** Each worker takes what falls to it. */
async function round(workers: SteppedWorker[]): Promise<string[]> {
  const begun: string[] = []
  for (const worker of workers) begun.push(...(await worker.begin()))
  return begun.sort()
}

async function finishAll(workers: SteppedWorker[], memory: Memory): Promise<void> {
  for (const worker of workers) for (const id of [...worker.at.keys()]) await worker.finish(id)
  await commitAll(memory)
}

t.test('one builds e, then three build b, c and d at once, then one builds a', async t => {
  const memory = new Memory()
  const workers = crew(memory, 3)
  t.strictSame(await round(workers), ['e'])
  t.strictSame(await round(workers), [], 'nobody takes what somebody has')
  await finishAll(workers, memory)
  t.strictSame(await round(workers), ['b', 'c', 'd'])
  t.strictSame(
    workers.map(each => each.at.size),
    [1, 1, 1],
    'one each',
  )
  await finishAll(workers, memory)
  t.strictSame(await round(workers), ['a'])
  await finishAll(workers, memory)
  for (const worker of workers) await worker.see()
  t.ok(workers.every(each => each.view.settled))
  t.equal([...memory.records.keys()].filter(name => name.endsWith('.claim')).length, 5)
})

t.test('what is built and not yet compared is nobody’s to use', async t => {
  const memory = new Memory()
  const workers = crew(memory, 2)
  await round(workers)
  for (const worker of workers) for (const id of [...worker.at.keys()]) await worker.finish(id)
  t.strictSame(await round(workers), [])
  await commitAll(memory)
  t.equal((await round(workers)).length, 2)
})

t.test('what failed here is left to others, and after two of them to nobody', async t => {
  const memory = new Memory()
  const workers = crew(memory, 3)
  const tried: string[] = []
  for (let times = 0; times < 3; times++) {
    await round(workers)
    const at = workers.find(each => each.at.has('e'))
    if (!at) break
    tried.push(at.name)
    await at.fail('e')
  }
  t.equal(tried.length, 2)
  t.equal(new Set(tried).size, 2, 'two different ones')
  t.strictSame(await round(workers), [])
})

t.test('what the originator builds itself is waited for, what it gave up is not', async t => {
  const memory = new Memory()
  const [worker] = crew(memory, 1)
  if (!worker) throw new Error('nobody')
  worker.view.drop({ home: [keyOf('e')], gone: [] })
  t.strictSame(await worker.begin(), [])
  t.notOk(worker.view.wants(keyOf('e')))
  await memory.write(
    `${keyOf('e')}.1.claim`,
    JSON.stringify({ worker: 'client', package: 'e', plan: 'r1', cores: 0, lease: 60 }),
  )
  const end = { ...built('e'), file: 'e' }
  await memory.write(`${keyOf('e')}.1.end`, JSON.stringify(end))
  await commitAll(memory)
  t.strictSame(await worker.begin(), ['b'])
  t.equal(worker.view.committed.get('e')?.name, 'e')
  worker.view.drop({ home: [], gone: ['b', 'c', 'd', 'a'].map(keyOf) })
  t.ok(worker.view.settled)
})

t.test('a claim that was taken away is another’s to try', async t => {
  const memory = new Memory()
  const [first, second] = crew(memory, 2)
  if (!first || !second) throw new Error('nobody')
  const [holder, other] = (await first.begin()).length > 0 ? [first, second] : [second, first]
  if (holder === second) await second.begin()
  await other.see()
  const [held] = other.view.held()
  t.match(held, { key: keyOf('e'), attempt: { number: 1, claim: { worker: holder.name } } })
  await other.ledger.supersede(keyOf('e'), 1, other.name, 'it was silent')
  t.strictSame(await other.begin(), ['e'])
  t.notOk(await holder.finish('e'), 'what comes late is refused')
  t.ok(await other.finish('e'))
})

t.test('property: whoever looks when, all is built, each once, and nothing before what it needs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ worker: fc.nat(2), does: fc.constantFrom('begin', 'finish', 'commit') }), { maxLength: 60 }),
      async steps => {
        const memory = new Memory()
        const workers = crew(memory, 3)
        const step = async (index: number, does: string): Promise<void> => {
          const worker = workers[index]
          if (does === 'commit') await commitAll(memory)
          else if (does === 'begin') await worker?.begin()
          else for (const id of [...(worker?.at.keys() ?? [])]) await worker?.finish(id)
        }
        for (const { worker, does } of steps) await step(worker, does)
        // Then all of them go on.
        for (let rounds = 0; rounds < 20; rounds++) {
          for (const does of ['begin', 'finish', 'commit']) for (const index of [0, 1, 2]) await step(index, does)
        }
        for (const worker of workers) await worker.see()
        const verdicts = [...memory.records.keys()].filter(name => name.endsWith('.verdict'))
        return verdicts.length === 5 && workers.every(each => each.view.settled)
      },
    ),
    { numRuns: 50 },
  )
})

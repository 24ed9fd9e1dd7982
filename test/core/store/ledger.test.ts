import fc from 'fast-check'
import t from 'tap'
import { Ledger } from '../../../lib/core/store/ledger.ts'
import { recordName } from '../../../lib/core/store/record.ts'
import { built, claimOf, failed, KEYS, MemoryRegisters, readRecord } from './support.ts'

const [key, other] = KEYS
const all = () => true

/** Two that share registers. */
function pair() {
  const registers = new MemoryRegisters()
  return { registers, one: new Ledger(registers, readRecord), two: new Ledger(registers, readRecord) }
}

t.test('a build is claimed, built and committed, and everybody sees that', async t => {
  const { one, two } = pair()
  t.equal(await one.claim(key, claimOf('w1')), 1)
  t.equal(await two.claim(key, claimOf('w2')), null, 'who has not looked comes too late')
  t.equal(two.state(key).state, 'open', 'nothing is known before one looks')
  t.same(await two.look(all), new Set([key]))
  t.match(two.state(key), { state: 'held', attempt: { number: 1, claim: claimOf('w1') } })
  t.equal(await one.end(key, 1, built('w1')), true)
  await two.look(all)
  t.equal(two.state(key).state, 'built')
  t.equal(await two.judge(key, 1, { outcome: 'committed', by: 'o' }), true)
  t.equal(await one.judge(key, 1, { outcome: 'refused', by: 'o2', reason: '' }), false)
  await one.look(all)
  t.equal(one.state(key).state, 'committed')
  t.equal(await one.claim(key, claimOf('w1')), null)
})

t.test('who was taken for dead and wakes up finds the place taken', async t => {
  const { one, two } = pair()
  await one.claim(key, claimOf('w1'))
  await two.look(all)
  t.equal(await two.supersede(key, 1, 'w2', 'silent'), true)
  t.equal(await two.supersede(key, 1, 'o', 'silent'), false)
  await two.look(all)
  t.equal(await two.claim(key, claimOf('w2')), 2)
  t.equal(await one.end(key, 1, built('w1')), false)
  t.equal(await two.end(key, 2, built('w2')), true)
  t.equal(await one.supersede(key, 2, 'w1', 'silent'), false, 'nor is it taken from one who has ended')
})

t.test('what was written and not answered may be said again', async t => {
  const { one, two } = pair()
  await one.claim(key, claimOf('w1'))
  t.equal(await one.end(key, 1, built('w1')), true)
  t.equal(await one.end(key, 1, built('w1')), true)
  t.equal(await two.end(key, 1, built('w2')), false)
})

t.test('a worker that failed a build leaves it to others', async t => {
  const { one } = pair()
  await one.claim(key, claimOf('w1'))
  await one.end(key, 1, failed('w1', 'host'))
  await one.look(all)
  t.equal(await one.claim(key, claimOf('w1')), null)
  t.equal(await one.claim(key, claimOf('w2')), 2)
})

t.test('what was given up is cleared, once', async t => {
  const { one, two } = pair()
  t.equal(await one.clear(key, 'me'), false, 'nobody has tried it')
  for (const attempt of [1, 2]) {
    await one.claim(key, claimOf(`w${attempt}`))
    await one.look(all)
    t.equal(await one.clear(key, 'me'), false, 'it is being tried')
    await one.end(key, attempt, failed(`w${attempt}`))
    await one.look(all)
  }
  t.equal(one.state(key).state, 'failed')
  await two.look(all)
  t.equal(await one.clear(key, 'me'), true)
  t.equal(await two.clear(key, 'you'), false, 'somebody else has')
  await one.look(all)
  t.match(one.state(key), { state: 'open', next: 4, failures: [] })
  t.equal(await one.clear(key, 'me'), false, 'there is nothing to clear')
  t.equal(await one.claim(key, claimOf('w1')), 4)
})

t.test('a build that failed once is cleared too, and one that clears may be superseded', async t => {
  const { registers, one, two } = pair()
  await one.claim(key, claimOf('w1'))
  await one.end(key, 1, failed('w1'))
  await one.look(all)
  const write = registers.write.bind(registers)
  registers.write = async (name, text) => {
    if (text.includes('cleared')) await two.supersede(key, 2, 'o', 'silent')
    return write(name, text)
  }
  t.equal(await one.clear(key, 'me'), false)
  await one.look(all)
  t.match(one.state(key), { state: 'open', next: 3, failures: [{ worker: 'w1' }, { worker: 'me' }] })
  registers.write = write
  t.equal(await one.clear(key, 'me'), true)
  await one.look(all)
  t.match(one.state(key), { state: 'open', next: 4, failures: [] })
})

t.test('only what is wanted and new is read', async t => {
  const { registers, one, two } = pair()
  await two.claim(key, claimOf('w2'))
  await two.claim(other, claimOf('w2'))
  for (const name of ['lost+found', `.nfs0001`, `${key}.1.claim.tmp`, 'README'])
    registers.records.set(name, 'no record')
  t.same(await one.look(each => each === key), new Set([key]))
  t.same(registers.reads, [recordName(key, 1, 'claim')])
  t.same(await one.look(each => each === key), new Set())
  t.same(registers.reads.length, 1)
  t.same(await one.look(all), new Set([other]), 'it may be wanted later')
})

t.test('what follows a gap in a listing is not believed before the gap is filled', async t => {
  const { registers, one, two } = pair()
  await two.claim(key, claimOf('w1'))
  await two.end(key, 1, failed('w1', 'host'))
  await two.look(all)
  await two.claim(key, claimOf('w2'))
  const names = await registers.list()
  const shows = async (...attempts: string[]) => {
    registers.list = () => Promise.resolve(names.filter(name => attempts.some(each => name.endsWith(each))))
    await one.look(all)
    return one.state(key)
  }
  t.match(await shows('1.end'), { state: 'open', next: 1 })
  t.equal(await one.claim(key, claimOf('w3')), null)
  t.match(await shows('1.end', '2.claim'), { state: 'open', next: 1 })
  t.match(await shows('1.end', '2.claim', '1.claim'), { state: 'held', attempt: { number: 2 } })
})

t.test('what is known does not depend on the order in which records show', async t => {
  const { registers, two } = pair()
  await two.claim(key, claimOf('w1'))
  await two.supersede(key, 1, 'o', 'silent')
  await two.look(all)
  await two.claim(key, claimOf('w2'))
  await two.end(key, 2, built('w2'))
  await two.look(all)
  await two.judge(key, 2, { outcome: 'refused', by: 'o', reason: '' })
  await two.look(all)
  await two.claim(key, claimOf('w3'))
  await two.end(key, 3, built('w3'))
  await two.judge(key, 3, { outcome: 'committed', by: 'o' })
  await two.look(all)
  const names = await registers.list()
  t.equal(names.length, 8)
  const shuffled = fc.shuffledSubarray(names, { minLength: names.length })
  await fc.assert(
    fc.asyncProperty(shuffled, fc.array(fc.nat(8), { maxLength: 8 }), async (order, cuts) => {
      const shown = new MemoryRegisters()
      const ledger = new Ledger(shown, readRecord)
      const seen: string[] = []
      for (const cut of [...cuts.sort((a, b) => a - b), order.length]) {
        for (const name of order.slice(0, cut)) shown.records.set(name, registers.records.get(name) ?? '')
        await ledger.look(all)
        const state = ledger.state(key)
        seen.push(state.state)
        if (state.state === 'open') t.equal(await registers.write(recordName(key, state.next, 'claim'), ''), false)
      }
      t.same(ledger.attempts(key), two.attempts(key))
      t.equal(seen.at(-1), 'committed')
      t.ok(seen.indexOf('committed') >= seen.findLastIndex(each => each !== 'committed'), 'once committed, always')
    }),
    { numRuns: 200 },
  )
})

t.test('what changed is told also if a look before it failed halfway', async t => {
  const { registers, one, two } = pair()
  await two.claim(key, claimOf('w2'))
  await two.claim(other, claimOf('w2'))
  const read = registers.read.bind(registers)
  registers.read = name => (name.startsWith(other) ? Promise.reject(new Error('stale file handle')) : read(name))
  await t.rejects(one.look(all), /stale file handle/)
  registers.read = read
  t.same(await one.look(all), new Set([key, other]))
  t.same(await one.look(all), new Set())
})

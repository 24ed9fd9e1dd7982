import t from 'tap'
import { Inbox } from '../../lib/farm/inbox.ts'

t.setTimeout(10_000)

void t.test('what was put is taken, in its order', async t => {
  const inbox = new Inbox<number>()
  inbox.put(1)
  inbox.put(2)
  t.equal(await inbox.take(), 1)
  inbox.put(3)
  t.equal(await inbox.take(), 2)
  t.equal(await inbox.take(), 3)
})

void t.test('an empty one is waited for', async t => {
  const inbox = new Inbox<string>()
  let taken: string | null = null
  const taking = inbox.take().then(item => {
    taken = item
  })
  await Promise.resolve()
  t.equal(taken, null)
  inbox.put('a')
  inbox.put('b')
  await taking
  t.equal(taken, 'a')
  t.equal(await inbox.take(), 'b')
})

void t.test('null, zero and nothing at all are things as well', async t => {
  const inbox = new Inbox<null | 0 | ''>()
  for (const item of [null, 0, ''] as const) inbox.put(item)
  t.strictSame([await inbox.take(), await inbox.take(), await inbox.take()], [null, 0, ''])
})

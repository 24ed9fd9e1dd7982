/** Every way, and many seeds: of a minute's length, so test/run has it in its second part. */
import t from 'tap'
import { inTurn, judgeSeed, judgeWay } from './judge.ts'
import { WAYS } from './ways.ts'

t.setTimeout(600_000)

void t.test('no way harms this system, or takes more than it may', async t => {
  await inTurn(Object.keys(WAYS), 4, async name => {
    const { tried, wrong } = await judgeWay(name)
    t.equal(wrong, undefined, `${name}: ${tried}`)
  })
})

void t.test('and no host whose every answer is altered', async t => {
  const seeds = Array.from({ length: 24 }, (_, index) => 100 + index)
  await inTurn(seeds, 4, async seed => {
    const { name, tried, wrong } = await judgeSeed(seed)
    t.equal(wrong, undefined, `${name}: ${tried}`)
  })
})

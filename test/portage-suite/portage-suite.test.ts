import t from 'tap'
import { compare } from './compare.ts'
import { type Outcome, runSuite, type SuiteResult } from './suite.ts'
import { REFUSED, STOCK, WITHOUT_FARM, type Way } from './ways.ts'

/** Rebuilds by sub-slot, an interrupt while merges wait: a second or two each. All tests are for npm run portage-suite. */
const QUICK = 'testSlotAbiEmerge or testSigintDoesNotDrainMergeWaitQueue or testMergeUseVdb'

const outcome = (test: string, is: Outcome['outcome']): Outcome => ({ test, outcome: is, seconds: 0, text: '' })

t.test('a test is worse off that passes with stock emerge and not in every other way', t => {
  const rows = compare(
    new Map([
      ['stock', [outcome('b', 'passed'), outcome('a', 'passed'), outcome('c', 'failed'), outcome('d', 'passed')]],
      ['shim', [outcome('a', 'passed'), outcome('b', 'skipped'), outcome('c', 'failed')]],
    ]),
  )
  t.strictSame(
    rows.map(({ test, outcomes, worse }) => [test, outcomes['shim'], worse]),
    [
      ['a', 'passed', false],
      ['b', 'skipped', true],
      ['c', 'failed', false],
      ['d', 'missing', true],
    ],
  )
  t.end()
})

t.test("Portage's own tests: what passes with stock emerge passes with the shim in its place", async t => {
  const run = async (way: Way): Promise<SuiteResult> => runSuite('3.0.83', way, QUICK)
  const stock = await run(STOCK)
  t.ok(stock.outcomes.length >= 3 && stock.outcomes.every(each => each.outcome === 'passed'), 'all with stock emerge')
  for (const way of [WITHOUT_FARM, REFUSED]) {
    const { outcomes, farmed } = await run(way)
    const results = new Map([
      ['stock', stock.outcomes],
      ['here', outcomes],
    ])
    for (const { test, worse } of compare(results)) {
      t.notOk(worse, `${way.name}: ${test}`, { text: outcomes.find(each => each.test === test)?.text })
    }
    t.equal(farmed > 0, way === REFUSED, `${way.name}: ${farmed} merges went by the farm's Scheduler`)
  }
})

import t from 'tap'
import { Pair } from '../differential/harness.ts'
import { FAULTS } from './faults.ts'
import { playRound } from './round.ts'

t.setTimeout(900_000)

/** Enough to meet each thing that is built, few enough for every day: `npm run chaos` does more. */
const A_FEW = 6

t.test('random faults at random moments: what plain emerge makes of it, and nothing is left', async t => {
  const pair = await Pair.start({ builders: 3, settableClocks: true })
  t.teardown(async () => pair.stop())
  const round = await playRound(pair.plain, pair.farm, 3, 0, A_FEW, FAULTS)
  t.comment(JSON.stringify(round.strikes.map(({ kind, host }) => `${kind} ${host}`)))
  t.strictSame(round.differences, [])
  t.strictSame(round.rebuilt, [])
  t.strictSame(round.leftovers, [])
  t.ok(round.strikes.length > 0)
})

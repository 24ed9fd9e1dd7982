import t from 'tap'
import { Allowance } from '../../lib/core/allowance.ts'

void t.test('so much at once, and more as time goes by', t => {
  const allowance = new Allowance(10, 2)
  t.ok(allowance.take(10, 100))
  t.notOk(allowance.take(1, 100))
  t.ok(allowance.take(1, 102))
  t.ok(allowance.take(10, 1000), 'no more than that at once')
  t.notOk(allowance.take(1, 1000))
  t.notOk(allowance.take(1, 900), 'a clock that goes back gives nothing')
  t.end()
})

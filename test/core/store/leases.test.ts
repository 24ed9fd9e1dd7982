import fc from 'fast-check'
import t from 'tap'
import { Leases } from '../../../lib/core/store/leases.ts'

t.test('one is silent since it was last seen to change', t => {
  const leases = new Leases()
  t.equal(leases.silence('w', '1', 1000), 0, 'whoever has just come knows of no silence')
  t.equal(leases.silence('w', '1', 1002), 2)
  t.equal(leases.silence('w', '1', 1004.5), 4.5, 'asking is no sign of life')
  t.equal(leases.silence('w', '1', 1100), 7.5, 'who did not look for long was perhaps asleep himself')
  t.equal(leases.silence('w', '2', 1101), 0)
  t.equal(leases.silence('w', '1', 1105), 0, 'any change is one, also back')
  t.equal(leases.silence('v', '1', 1105), 0, 'each for itself')
  t.equal(leases.silence('w', '1', 1106), 1)
  leases.forget('w')
  t.equal(leases.silence('w', '1', 2000), 0)
  leases.forget('nobody')
  t.end()
})

t.test('what the clock shows makes no difference, nor what the sign says', t => {
  const asked = fc.array(fc.tuple(fc.constantFrom('v', 'w'), fc.nat(2), fc.nat(100)), { maxLength: 30 })
  fc.assert(
    fc.property(asked, fc.integer({ min: -1e6, max: 1e6 }), (asked, offset) => {
      const [one, other] = [new Leases(), new Leases()]
      let now = 0
      for (const [name, sign, later] of asked) {
        now += later
        t.equal(one.silence(name, `${sign}`, now), other.silence(name, `s${-sign}`, now + offset))
      }
    }),
    { numRuns: 50 },
  )
  t.end()
})

import fc from 'fast-check'
import t from 'tap'
import { hostSpeeds } from '../../../lib/core/history/speeds.ts'
import { build } from './support.ts'

t.test('speeds come from packages that several hosts built', async t => {
  const builds = Array.from({ length: 20 }, (_, i) => [
    build({ cpv: `app-toy/p-${i}`, host: 'slow', seconds: 40 * (i + 1) }),
    build({ cpv: `app-toy/p-${i}`, host: 'fast', seconds: 10 * (i + 1) }),
  ]).flat()
  const speeds = hostSpeeds(builds)
  const ratio = (speeds.get('fast') ?? 0) / (speeds.get('slow') ?? 1)
  t.ok(ratio > 3.5 && ratio < 4.1, `about four times as fast: ${ratio}`)
})

t.test('hosts that share nothing are taken for equal, whatever they built', async t => {
  const speeds = hostSpeeds([
    build({ cpv: 'app-toy/big-1', host: 'one', seconds: 5000 }),
    build({ cpv: 'app-toy/tiny-1', host: 'other', seconds: 1 }),
  ])
  t.ok(Math.abs((speeds.get('one') ?? 0) - 1) < 0.01)
  t.ok(Math.abs((speeds.get('other') ?? 0) - 1) < 0.01)
})

t.test('one odd build does not make a host ten times as fast', async t => {
  const speeds = hostSpeeds([build({ host: 'one', seconds: 100 }), build({ host: 'other', seconds: 10 })])
  const ratio = (speeds.get('other') ?? 0) / (speeds.get('one') ?? 1)
  t.ok(ratio > 1.5 && ratio < 6, `${ratio}`)
})

t.test('the order of what is remembered does not matter', async t => {
  const some = fc.array(
    fc.record({
      cpv: fc.constantFrom('a/a-1', 'a/b-1', 'a/c-1'),
      host: fc.constantFrom('x', 'y'),
      seconds: fc.integer({ min: 1, max: 9999 }),
    }),
    { maxLength: 30 },
  )
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(some, builds => {
        const forth = hostSpeeds(builds.map(build))
        const back = hostSpeeds(builds.map(build).reverse())
        for (const [host, speed] of forth) {
          if (!(speed > 0) || Math.abs((back.get(host) ?? 0) / speed - 1) > 1e-9) return false
        }
        return true
      }),
    )
  })
})

t.test('nothing remembered, no speeds', async t => {
  t.equal(hostSpeeds([]).size, 0)
})

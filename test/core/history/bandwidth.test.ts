import t from 'tap'
import { bandwidths } from '../../../lib/core/history/bandwidth.ts'
import { build } from './support.ts'

const MIB = 2 ** 20

t.test('bytes a second by host, from what was large enough to tell', async t => {
  const found = bandwidths([
    build({ host: 'near', bytes: 10 * MIB, transferSeconds: 1 }),
    build({ host: 'near', bytes: 30 * MIB, transferSeconds: 3 }),
    build({ host: 'near', bytes: 1000, transferSeconds: 1 }),
    build({ host: 'far', bytes: 1000, transferSeconds: 1 }),
    build({ host: 'home', seconds: 10 }),
  ])
  t.strictSame([...found], [['near', 10 * MIB]])
})

t.test('a line that has become slow is slow after twenty transfers', async t => {
  const transfer = (at: number, seconds: number) => build({ host: 'a', bytes: 10 * MIB, transferSeconds: seconds, at })
  const before = Array.from({ length: 100 }, (_, at) => transfer(at, 1))
  const after = Array.from({ length: 20 }, (_, at) => transfer(100 + at, 10))
  t.equal(bandwidths([...before, ...after]).get('a'), MIB)
})

import fc from 'fast-check'
import t from 'tap'
import { parseRecordName, recordName } from '../../../lib/core/store/record.ts'
import { KEYS } from './support.ts'

const [key] = KEYS

t.test('a record is found by its name', t => {
  t.equal(recordName(key, 1, 'claim'), `${key}.1.claim`)
  const attempt = fc.integer({ min: 1, max: 999_999 })
  const place = fc.constantFrom('claim' as const, 'end' as const, 'verdict' as const)
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: 32, maxLength: 32 })
  fc.assert(
    fc.property(digits, attempt, place, (key, attempt, place) => {
      t.same(parseRecordName(recordName(key, attempt, place)), { key, attempt, place })
    }),
    { numRuns: 100 },
  )
  t.end()
})

t.test('other names are no records', t => {
  const names = ['', '.', key, `${key}.1`, `${key}.0.claim`, `${key}.01.end`, `${key}.-1.end`, `${key}.1e3.end`]
  const more = [`${key}.1.claims`, `${key}.1.claim~`, `.nfs${key}.1.claim`, `${key}.1.claim\n`, `${key}.1000000.end`]
  for (const name of [...names, ...more, `${key.toUpperCase()}.1.end`, `${key}0.1.end`, `${key.slice(1)}.1.end`]) {
    t.equal(parseRecordName(name), null, JSON.stringify(name))
  }
  t.end()
})

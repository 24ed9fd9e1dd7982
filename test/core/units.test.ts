import fc from 'fast-check'
import t from 'tap'
import { bytes, duration } from '../../lib/core/units.ts'

void t.test('durations', t => {
  const cases: [seconds: number, text: string][] = [
    [0, '0s'],
    [0.4, '0s'],
    [8.2, '8s'],
    [59.4, '59s'],
    [59.6, '1m00s'],
    [185, '3m05s'],
    [3599.4, '59m59s'],
    [3599.6, '1h00m'],
    [7659, '2h07m'],
    [360000, '100h00m'],
  ]
  for (const [seconds, text] of cases) t.equal(duration(seconds), text, String(seconds))
  t.end()
})

void t.test('bytes', t => {
  const cases: [count: number, text: string][] = [
    [0, '0 B'],
    [812, '812 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [3_565_158, '3.4 MiB'],
    [150 * 1024, '150 KiB'],
    [1024 ** 3, '1.0 GiB'],
    [5 * 1024 ** 4, '5.0 TiB'],
    [5000 * 1024 ** 4, '5000 TiB'],
  ]
  for (const [count, text] of cases) t.equal(bytes(count), text, String(count))
  t.end()
})

void t.test('a unit is taken as soon as the rounded figure reaches it', t => {
  t.equal(bytes(1024 ** 2 - 1), '1.0 MiB')
  t.equal(bytes(1024 ** 3 - 1), '1.0 GiB')
  t.equal(bytes(99.99 * 1024), '100 KiB')
  t.end()
})

void t.test('whatever the figure, few characters', t => {
  fc.assert(fc.property(fc.nat({ max: 2 ** 50 }), count => /^\d{1,4}(\.\d)? ([KMGT]i)?B$/.test(bytes(count))))
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), s =>
      /^(\d+h\d\dm|\d\d?m\d\ds|\d\d?s)$/.test(duration(s)),
    ),
  )
  t.end()
})

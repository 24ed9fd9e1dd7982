import fc from 'fast-check'
import t from 'tap'
import { parseEvents } from '../../lib/core/event-log.ts'
import { accountLines, accountOf } from '../../lib/report/account.ts'
import { DoingFold } from '../../lib/report/doing.ts'
import { summaryLines } from '../../lib/report/summary.ts'
import { findPackages, packagesOf, whyLines } from '../../lib/report/why.ts'
import { always, mutated, mutatedText } from './mutate.ts'
import { events } from './samples.ts'

t.setTimeout(30_000)

const lines = events.map(event => JSON.stringify(event))
const log = lines.map(line => `${line}\n`).join('')

/** All that is read out of a log. */
function reports(text: string): { lines: string[]; dropped: string[]; read: number } {
  const { events: read, dropped } = parseEvents(text)
  const account = accountOf(read)
  const doing = new DoingFold()
  for (const event of read) doing.apply(event)
  const packages = [...new Set(packagesOf(read))]
  const found = packages.flatMap(id => findPackages(read, id))
  const told = [...found, ...packages].flatMap(id => whyLines(read, id))
  return {
    lines: [...summaryLines(read), ...(account ? accountLines(account, 1) : []), ...told],
    dropped,
    read: read.length,
  }
}

function holds(text: string): void {
  const { lines, dropped, read } = reports(text)
  if (lines.some(line => /undefined|\[object|NaN|function|native code/.test(line))) throw new Error(lines.join('\n'))
  const given = text.split('\n').filter((line, index, all) => line !== '' || index < all.length - 1).length
  if (read + dropped.filter(each => each.startsWith('line ') && !each.includes('number')).length < given) {
    throw new Error(`${given} lines, ${read} read, dropped: ${dropped.join('; ')}`)
  }
}

t.test('the log that is altered is whole', async t => {
  t.strictSame(parseEvents(log), { events, dropped: [] })
  t.ok(reports(log).lines.length > 30)
})

t.test('a log with altered bytes and lines: the reports are made, and what was dropped is said', async t => {
  const bytes = mutatedText([log], ['\0', '\n', '{}\n', 'null\n', '"', '1e999', '{"type":', 'a/b-1::x', '\u2028'])
  t.doesNotThrow(() => {
    always(bytes, 700, text => {
      holds(text.toString())
    })
  })
})

t.test('a log with altered events in any order: the same', async t => {
  const each = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...lines) },
    { weight: 1, arbitrary: mutated(events).map(event => JSON.stringify(event)) },
  )
  t.doesNotThrow(() => {
    always(fc.array(each, { minLength: 1, maxLength: 60 }), 700, log => {
      holds(log.map(line => `${line}\n`).join(''))
    })
  })
})

t.test('packages that need each other', async t => {
  const planned = (id: string, need: string): string =>
    JSON.stringify({ type: 'planned', package: id, cpv: id, needs: [need], rank: 1, where: 'farm', at: 0, seq: 0 })
  for (const [id, need] of [
    ['a/e-1::x', 'a/e-1::x'],
    ['a/e-1::x', 'a/b-1::x'],
  ] as const) {
    const text = [planned(id, need), ...lines, ...lines, ''].join('\n')
    t.ok(reports(text).lines.length > 30, `${id} needs ${need}`)
  }
})

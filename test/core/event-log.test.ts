import t from 'tap'
import { parseEvents } from '../../lib/core/event-log.ts'
import { stamped } from './support.ts'

const events = stamped(
  { type: 'host-connecting', host: 'größer' },
  { type: 'host-lost', host: 'größer', reason: 'no route' },
  { type: 'run-ended', code: null },
)
const lines = events.map(event => `${JSON.stringify(event)}\n`)
const log = Buffer.from(lines.join(''))

t.test('cut at any byte: the whole lines are read, and what is left of the next is told of', async t => {
  const wrong: string[] = []
  for (let length = 0; length <= log.length; length++) {
    const text = log.subarray(0, length).toString()
    const whole = text.split('\n').length - 1
    const { events: read, dropped } = parseEvents(text)
    const isWhole = text === '' || text.endsWith('\n')
    if (JSON.stringify(read) !== JSON.stringify(events.slice(0, whole)))
      wrong.push(`${length}: ${JSON.stringify(read)}`)
    if (dropped.length !== (isWhole ? 0 : 1)) wrong.push(`${length}: ${dropped.join('; ')}`)
  }
  t.strictSame(wrong, [])
})

t.test('a byte altered anywhere: no other line suffers, and what is lost is told of', async t => {
  const wrong: string[] = []
  for (let at = 0; at < log.length; at++) {
    const altered = Buffer.from(log)
    altered[at] = 0
    const { events: read, dropped } = parseEvents(altered.toString())
    const untouched = events.filter(event => read.some(each => JSON.stringify(each) === JSON.stringify(event)))
    if (untouched.length < events.length - 2) wrong.push(`${at}: ${JSON.stringify(read)}`)
    if (read.length < events.length && dropped.length === 0) wrong.push(`${at}: nothing was said`)
  }
  t.strictSame(wrong, [])
})

t.test('what is dropped has its place', async t => {
  const [first = '', , third = ''] = lines
  t.strictSame(parseEvents(first + third).dropped, ['event 1 is missing'])
  t.strictSame(parseEvents(third).dropped, ['events 0 to 1 are missing'])
  t.strictSame(parseEvents(first + first).dropped, ['line 2 has the number 0, where 1 was expected'])
  t.strictSame(parseEvents(first + 'null\n{}\n').dropped, ['line 2 is no event', 'line 3 is no event'])
})

t.test('a field of the wrong kind, or none, and a type that nobody knows', async t => {
  const cases: [line: string, words: string][] = [
    ['{"type":"host-lost","host":"a","reason":7,"at":1,"seq":0}', 'line 1 is no host-lost: its reason is wrong'],
    ['{"type":"host-lost","host":"a","at":1,"seq":0}', 'line 1 is no host-lost: its reason is missing'],
    [
      '{"type":"planned","package":"a","cpv":"a","needs":"b","rank":1,"where":"farm","at":1,"seq":0}',
      'its needs is wrong',
    ],
    [
      '{"type":"planned","package":"a","cpv":"a","needs":[],"rank":1,"where":"away","at":1,"seq":0}',
      'its where is wrong',
    ],
    ['{"type":"host-ready","host":"a","jobs":1e999,"at":1,"seq":0}', 'its jobs is wrong'],
    ['{"type":"constructor","at":1,"seq":0}', 'line 1 is of a type that is not known, "constructor"'],
    [
      '{"type":"host-refused","host":"a","problems":[{"name":"cpu","text":"x"}],"at":1,"seq":0}',
      'its problems is wrong',
    ],
  ]
  for (const [line, words] of cases) {
    const { events, dropped } = parseEvents(`${line}\n`)
    t.strictSame(events, [], line)
    t.match(dropped.join(), words)
  }
})

t.test('what a newer version adds to an event is no reason to drop it', async t => {
  const line = '{"type":"installed","package":"a","mood":"good","at":1,"seq":0}'
  t.strictSame(parseEvents(`${line}\n`).dropped, [])
})

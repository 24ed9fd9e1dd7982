import fc from 'fast-check'
import t from 'tap'
import { progressLine, type Doing } from '../../lib/report/progress.ts'
import { planOf, TestState } from '../core/support.ts'

const idle: Doing = { jobs: new Map(), copies: new Map() }

/** A run in the middle of everything, 65 s after it began. */
function busy(): [TestState, Doing] {
  const state = new TestState(planOf('a b c d e'), ['big', 'small', 'third', 'fourth'])
  state.hostReady('big', 2)
  state.tell({ type: 'mirror-started', host: 'small', generation: '/x', first: true })
  state.tell({ type: 'host-lost', host: 'third', reason: 'gone' })
  state.commit('a')
  state.tell({ type: 'failed', package: 'b', reason: 'it broke', log: null })
  state.ready('c', 'd')
  state.start('c', 'big')
  state.start('d', 'big')
  const jobs = new Map([
    ['c', { since: 5_000, phase: 'compile' }],
    ['d', { since: 60_000, phase: '' }],
  ])
  return [state, { jobs, copies: new Map([['small', { bytes: 3_565_158, percent: 12 }]]) }]
}

void t.test('at first', t => {
  const state = new TestState(planOf('a b'), ['big'])
  t.equal(progressLine(state, idle, 0, 80), 'Farm: 0 of 2 built, big: connecting')
  t.equal(progressLine(new TestState(planOf('a b'), []), idle, 0, 80), 'Farm: 0 of 2 built')
  t.end()
})

void t.test('in the middle of everything', t => {
  const [state, doing] = busy()
  t.equal(
    progressLine(state, doing, 65_000, 200),
    'Farm: 1 of 5 built, 1 failed, big: c-1 compile 1m00s, big: d-1 5s, small: copying 3.4 MiB 12%, fourth: connecting',
  )
  t.equal(
    progressLine(state, idle, 65_000, 200),
    'Farm: 1 of 5 built, 1 failed, big: c-1, big: d-1, small: copying, fourth: connecting',
    'also where nothing is known of what they do',
  )
  t.end()
})

void t.test('what does not fit is left away from the right', t => {
  const [state, doing] = busy()
  t.equal(progressLine(state, doing, 65_000, 56), 'Farm: 1 of 5 built, 1 failed, big: c-1 compile 1m00s')
  t.equal(progressLine(state, doing, 65_000, 30), 'Farm: 1 of 5 built, 1 failed')
  t.equal(progressLine(state, doing, 65_000, 27), 'Farm: 1 of 5 built')
  t.end()
})

void t.test('whatever the width: never longer, never cut in the middle of a part', t => {
  const [state, doing] = busy()
  const parts = progressLine(state, doing, 65_000, 1000).split(', ')
  const lines = Array.from({ length: 201 }, (_, width) => progressLine(state, doing, 65_000, width))
  t.strictSame(
    lines.filter((line, width) => line.length > width),
    [],
  )
  t.strictSame(
    lines.filter(line => line !== '' && line !== parts.slice(0, line.split(', ').length).join(', ')),
    [],
    'nothing is cut',
  )
  t.equal(progressLine(state, doing, 65_000, -1), '')
  t.end()
})

void t.test('whatever is going on: never longer, one line, never throws', t => {
  const anyJob = fc.record({ since: fc.integer(), phase: fc.string() })
  const anyCopy = fc.record({ bytes: fc.nat(), percent: fc.nat() })
  fc.assert(
    fc.property(fc.integer({ min: -5, max: 200 }), fc.integer(), anyJob, anyCopy, (width, now, job, copy) => {
      const [state] = busy()
      const doing = { jobs: new Map([['c', job]]), copies: new Map([['small', copy]]) }
      return progressLine(state, doing, now, width).length <= Math.max(0, width)
    }),
  )
  t.end()
})

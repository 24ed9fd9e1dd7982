import t from 'tap'
import { type Attempt, type BuildState, buildState, mayClaim } from '../../../lib/core/store/build.ts'
import type { End, Verdict } from '../../../lib/core/store/record.ts'
import { built, claimOf, failed } from './support.ts'

const committed: Verdict = { outcome: 'committed', by: 'o' }
const refused: Verdict = { outcome: 'refused', by: 'o', reason: 'not as planned' }
const superseded: End = { outcome: 'superseded', by: 'o', reason: 'silent' }
const cancelled: End = { outcome: 'cancelled', reason: 'stopped' }
const cleared: End = { outcome: 'cleared', by: 'me' }

/** The state of a build with attempts of workers w1, w2, … that came to this. */
function after(...came: (End | [End, Verdict] | null)[]): BuildState {
  const attempts = came.map((each, index): Attempt => {
    const [end, verdict] = Array.isArray(each) ? each : [each, null]
    return { number: index + 1, claim: claimOf(`w${index + 1}`), end, verdict }
  })
  return buildState(attempts)
}

const host = failed('w', 'host')
const ofPackage = failed('w')

t.test('what is true of a build follows from its attempts', t => {
  const cases: [BuildState, BuildState['state'], attempt: number][] = [
    [after(), 'open', 1],
    [after(null), 'held', 1],
    [after(built('w')), 'built', 1],
    [after([built('w'), committed]), 'committed', 1],
    [after([built('w'), refused]), 'open', 2],
    [after(superseded), 'open', 2],
    [after(superseded, null), 'held', 2],
    [after(host, [built('w'), committed]), 'committed', 2],
    [after(host, host), 'open', 3],
    [after(host, host, host), 'failed', 4],
    [after(host, superseded, [built('w'), refused]), 'failed', 4],
    [after(ofPackage), 'open', 2],
    [after(ofPackage, host), 'open', 3],
    [after(ofPackage, ofPackage), 'failed', 3],
    [after(ofPackage, host, ofPackage), 'failed', 4],
    [after(cancelled, cancelled, cancelled, cancelled), 'open', 5],
    [after(ofPackage, cancelled, ofPackage), 'failed', 4],
    [after(ofPackage, ofPackage, null), 'held', 3],
    [after(ofPackage, ofPackage, cleared), 'open', 4],
    [after(ofPackage, ofPackage, cleared, ofPackage), 'open', 5],
    [after(ofPackage, ofPackage, cleared, ofPackage, ofPackage), 'failed', 6],
    // Somebody crashed while it was being cleared.
    [after(ofPackage, ofPackage, superseded), 'failed', 4],
  ]
  for (const [index, [state, expected, attempt]] of cases.entries()) {
    t.equal(state.state, expected, `case ${index}`)
    t.equal('next' in state ? state.next : state.attempt.number, attempt, `case ${index}`)
  }
  t.end()
})

t.test('each failure is kept with its worker and its fault, until it is cleared', t => {
  const state = after(ofPackage, host, superseded)
  t.match(state, {
    state: 'failed',
    failures: [
      { attempt: 1, worker: 'w1', isThePackages: true, reason: 'package at w' },
      { attempt: 2, worker: 'w2', isThePackages: false, reason: 'host at w' },
      { attempt: 3, worker: 'w3', isThePackages: false, reason: 'silent' },
    ],
  })
  t.match(after(ofPackage, null), { state: 'held', failures: [{ worker: 'w1' }] })
  t.match(after([built('w'), refused]), {
    failures: [{ worker: 'w1', isThePackages: false, reason: 'not as planned' }],
  })
  t.match(after(ofPackage, ofPackage, cleared), { failures: [] })
  t.end()
})

t.test('a worker leaves to others what it could not do', t => {
  t.equal(mayClaim(after(), 'w1'), 1)
  for (const end of [ofPackage, host, superseded, [built('w'), refused] satisfies [End, Verdict]]) {
    t.equal(mayClaim(after(end), 'w1'), null)
    t.equal(mayClaim(after(end), 'w2'), 2)
  }
  t.equal(mayClaim(after(cancelled), 'w1'), 2, 'what was cancelled is not held against it')
  t.equal(mayClaim(after(ofPackage, ofPackage, cleared), 'w1'), 4, 'nor what was cleared')
  for (const state of [after(null), after(built('w')), after([built('w'), committed]), after(ofPackage, ofPackage)]) {
    t.equal(mayClaim(state, 'w9'), null, state.state)
  }
  t.end()
})

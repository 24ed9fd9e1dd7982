import t from 'tap'
import type { Fault } from '../../../lib/core/event.ts'
import { afterFailure, hasUntriedHost } from '../../../lib/core/run/retry.ts'
import { planOf, TestState } from '../support.ts'

/** A package that has failed so on hosts h1, h2, … of as many as there are. */
function failed(hosts: number, ...faults: Fault[]): TestState {
  const names = Array.from({ length: hosts }, (_, index) => `h${index + 1}`)
  const state = new TestState(planOf('a'), names)
  for (const name of names) state.hostReady(name)
  state.ready('a')
  for (const [index, fault] of faults.entries()) {
    state.start('a', `h${index + 1}`)
    state.fail('a', `h${index + 1}`, fault)
  }
  return state
}

void t.test('what becomes of a package', t => {
  const cases: [hosts: number, faults: Fault[], verdict: string][] = [
    [2, ['host'], 'elsewhere'],
    [2, ['package'], 'elsewhere'],
    [2, ['mismatch'], 'elsewhere'],
    [2, ['fetch'], 'elsewhere'],
    [1, ['host'], 'home'],
    [1, ['package'], 'home'],
    [1, ['mismatch'], 'home'],
    [2, ['package', 'package'], 'home'],
    [9, ['package', 'package'], 'home'],
    [9, ['mismatch', 'mismatch'], 'home'],
    [9, ['package', 'mismatch'], 'home'],
    [9, ['fetch', 'fetch'], 'home'],
    [9, ['host', 'host'], 'elsewhere'],
    [2, ['host', 'host'], 'home'],
    [2, ['mismatch', 'fetch'], 'home'],
    [2, ['unfit'], 'home'],
    [9, ['host', 'unfit'], 'home'],
    [9, ['client'], 'home'],
    [9, ['package', 'client'], 'home'],
    [3, ['package', 'host'], 'elsewhere'],
    [3, ['package', 'host', 'package'], 'home'],
    [9, ['host', 'mismatch', 'fetch'], 'home'],
    [9, ['host', 'package', 'host'], 'home'],
  ]
  for (const [hosts, faults, verdict] of cases) {
    t.equal(afterFailure(failed(hosts, ...faults), 'a'), verdict, `${faults.join(', ')} of ${hosts} hosts`)
  }
  t.end()
})

void t.test('a host that is lost is not asked, one that is on its way is waited for', t => {
  const state = failed(3, 'host')
  state.tell({ type: 'host-lost', host: 'h2', reason: 'gone' })
  t.equal(afterFailure(state, 'a'), 'elsewhere')
  state.tell({ type: 'host-lost', host: 'h3', reason: 'gone' })
  t.equal(afterFailure(state, 'a'), 'home')
  const connecting = new TestState(planOf('a'), ['h1', 'h2'])
  connecting.hostReady('h1')
  connecting.ready('a')
  connecting.start('a', 'h1')
  connecting.fail('a', 'h1', 'host')
  t.equal(afterFailure(connecting, 'a'), 'elsewhere')
  t.equal(hasUntriedHost(connecting, 'a'), true)
  t.equal(hasUntriedHost(new TestState(planOf('a'), []), 'a'), false)
  t.end()
})

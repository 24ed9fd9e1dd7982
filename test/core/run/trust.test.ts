import t from 'tap'
import type { FarmEvent, Fault, Happening } from '../../../lib/core/event.ts'
import { Trust } from '../../../lib/core/run/trust.ts'

const stamped = (happening: Happening): FarmEvent => ({ ...happening, at: 0, seq: 0 })

function failed(name: string, host: string, fault: Fault): FarmEvent {
  return stamped({ type: 'attempt-failed', package: name, host, fault, reason: `${fault} of ${name}`, log: null })
}

function built(name: string, host: string): FarmEvent {
  return stamped({ type: 'committed', package: name, host, path: '/x', seconds: 1 })
}

function distrusted(...events: FarmEvent[]): string[] {
  const trust = new Trust()
  return events.flatMap(event => trust.apply(event)).map(({ host, reason }) => `${host}: ${reason}`)
}

void t.test('three failures of its own in a row', t => {
  const events = ['a', 'b', 'c'].map(name => failed(name, 'big', 'host'))
  t.strictSame(distrusted(...events), ['big: it failed 3 builds in a row (a, b, c), the last one: host of c'])
  t.strictSame(distrusted(...events.slice(1)), [])
  t.strictSame(distrusted(...['a', 'b', 'c'].map(name => failed(name, 'big', 'client'))), [], 'not its own')
  t.strictSame(distrusted(...events.slice(0, 2), built('d', 'big'), ...events.slice(2)), [], 'not in a row')
  t.strictSame(distrusted(...events.slice(0, 2), failed('c', 'small', 'host')), [], 'not of one host')
  t.end()
})

void t.test('what is the package’s fault unless another host builds it', t => {
  const fails = ['a', 'b', 'c'].map(name => failed(name, 'big', 'package'))
  t.strictSame(distrusted(...fails), [])
  const elsewhere = ['a', 'b', 'c'].map(name => built(name, 'small'))
  t.strictSame(distrusted(...fails, ...elsewhere), [
    'big: it failed 3 builds in a row (a, b, c), the last one: package of c',
  ])
  t.strictSame(distrusted(...fails, ...elsewhere.slice(1)), [])
  t.end()
})

void t.test('what was built here after it had failed on a host, for others or for nobody else', t => {
  const fails = ['a', 'b', 'c'].map(name => failed(name, 'big', 'package'))
  const here = (name: string): FarmEvent => stamped({ type: 'installed', package: name })
  t.strictSame(distrusted(...fails, built('a', 'home'), here('a'), here('b'), here('c')), [
    'big: it failed 3 builds in a row (a, b, c), the last one: package of c',
  ])
  t.strictSame(distrusted(...fails, here('a'), here('b')), [], 'a package that fails here as well says nothing')
  const unfit = ['a', 'b', 'c'].map(name => failed(name, 'big', 'unfit'))
  t.strictSame(distrusted(...unfit, ...['a', 'b', 'c'].map(here)), [], 'what no binary package can hold')
  t.end()
})

void t.test('a host that came back begins anew', t => {
  const back = stamped({ type: 'host-ready', host: 'big', jobs: 1 })
  const [a, b, c] = ['a', 'b', 'c'].map(name => failed(name, 'big', 'host')) as [FarmEvent, FarmEvent, FarmEvent]
  t.strictSame(distrusted(a, b, back, c), [])
  t.end()
})

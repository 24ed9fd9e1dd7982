import t from 'tap'
import type { FarmEvent, Happening } from '../../lib/core/event.ts'
import { judge } from './expect.ts'

const id = (name: string) => `app-toy/${name}-1::gentoo`
const planned = (name: string, where: 'farm' | 'ready' = 'farm'): Happening => {
  return { type: 'planned', package: id(name), cpv: `app-toy/${name}-1`, needs: [], rank: 1, where }
}
const committed = (name: string, host = 'farm-a'): Happening => {
  return { type: 'committed', package: id(name), host, path: '/p', seconds: 1 }
}
const sentHome = (name: string, reason: string): Happening => ({ type: 'sent-home', package: id(name), reason })

const run = (...events: Happening[]): FarmEvent[][] => [events.map((event, seq) => ({ ...event, at: seq, seq }))]

t.test('all built on hosts', async t => {
  t.strictSame(judge({}, run(planned('a'), planned('b'), committed('a'), committed('b', 'farm-b'))), [])
})

t.test('no run, and a run with nothing in it', async t => {
  const nothing = [{ where: 'merge list', farm: 'nothing was planned' }]
  t.match(judge({}, []), nothing)
  t.match(judge({}, run()), nothing)
  t.strictSame(judge({ farm: false }, []), [])
  t.match(judge({ farm: false }, run(planned('a'))), [{ plain: 'no farm', farm: 'app-toy/a-1' }])
})

t.test('fewer hosts than are expected to build', async t => {
  const events = run(planned('a'), planned('b'), committed('a'), committed('b'))
  t.match(judge({ hosts: 2 }, events), [{ where: 'hosts', plain: '2 that built', farm: 'farm-a' }])
  t.strictSame(judge({ hosts: 2 }, run(planned('a'), planned('b'), committed('a'), committed('b', 'farm-b'))), [])
})

t.test('a package that was built at home', async t => {
  const events = run(planned('a'), sentHome('a', 'RESTRICT=fetch'), committed('a', 'home'))
  t.match(judge({}, events), [{ where: 'app-toy/a-1', plain: 'built on a host', farm: 'sent home: RESTRICT=fetch' }])
  t.strictSame(judge({ home: { 'app-toy/a-1': 'fetch' } }, events), [])
  t.match(judge({ home: { 'app-toy/a-1': 'interactive' } }, events), [{ plain: 'sent home: interactive' }])
})

t.test('a package that was to be at home and was built on a host', async t => {
  const events = run(planned('a'), committed('a'))
  t.match(judge({ home: { 'app-toy/a-1': 'fetch' } }, events), [{ farm: 'built on a host' }])
})

t.test('packages that are not to be built', async t => {
  const failed: Happening = { type: 'failed', package: id('a'), reason: 'it dies', log: null }
  const events = run(planned('a'), planned('b'), failed)
  t.match(judge({}, events), [{ where: 'app-toy/a-1', farm: 'not built: it dies' }, { farm: 'not built' }])
  t.strictSame(judge({ unbuilt: ['app-toy/a-1', 'app-toy/b-1'] }, events), [])
  t.match(judge({ unbuilt: ['app-toy/a-1'] }, run(planned('a'), committed('a'))), [{ farm: 'built on a host' }])
})

t.test('a package that is there as a binary package', async t => {
  const events = run(planned('a'), planned('b', 'ready'), committed('a'))
  t.strictSame(judge({ ready: ['app-toy/b-1'] }, events), [])
  t.match(judge({}, events), [{ where: 'app-toy/b-1', plain: 'built on a host', farm: 'a binary package' }])
  t.match(judge({ ready: ['app-toy/a-1', 'app-toy/b-1'] }, events), [{ plain: 'a binary package' }])
})

t.test('an expectation of a package that no merge list has', async t => {
  t.match(judge({ unbuilt: ['app-toy/z-1'] }, run(planned('a'), committed('a'))), [
    { where: 'app-toy/z-1', farm: 'not there' },
  ])
})

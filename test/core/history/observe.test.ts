import t from 'tap'
import { observationOf } from '../../../lib/core/history/observe.ts'
import { makePlan } from '../../../lib/core/plan.ts'
import { ebuild, requestOf } from '../support.ts'

const distfiles = [
  { name: 'a.tar', size: 1000 },
  { name: 'b.patch', size: 24 },
]
const plan = makePlan(requestOf([ebuild('a', { distfiles })]))

t.test('a build on a host is remembered with the size of its sources', async t => {
  const built = { type: 'built', package: 'a', host: 'big', seconds: 12.5, bytes: 99, at: 7000, seq: 3 } as const
  t.strictSame(observationOf(built, plan), {
    cpv: 'app-toy/a-1',
    cp: 'app-toy/a',
    host: 'big',
    seconds: 12.5,
    cores: null,
    cpuSeconds: null,
    memory: null,
    disk: null,
    bytes: null,
    transferSeconds: null,
    sourceBytes: 1024,
    at: 7000,
  })
})

t.test('nothing else is', async t => {
  const committed = { type: 'committed', package: 'a', host: 'home', path: '/p', seconds: 0, at: 1, seq: 1 } as const
  t.equal(observationOf(committed, plan), null)
})

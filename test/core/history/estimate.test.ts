import t from 'tap'
import { DEFAULT_SECONDS, Experience } from '../../../lib/core/history/estimate.ts'
import { build } from './support.ts'

const subject = { cpv: 'dev-toy/lib-2', cp: 'dev-toy/lib', sourceBytes: 1_000_000 }

t.test('where nothing is known, the default', async t => {
  t.strictSame(new Experience([]).estimate(subject), {
    seconds: DEFAULT_SECONDS,
    from: 'default',
    cores: null,
    memory: null,
  })
})

t.test('the same version counts before others, the newest builds before older ones', async t => {
  const old = [1, 2, 3].map(at => build({ cpv: 'dev-toy/lib-2', seconds: 900, at }))
  const newer = [4, 5, 6].map(at => build({ cpv: 'dev-toy/lib-2', seconds: 80 + at, at }))
  const other = build({ cpv: 'dev-toy/lib-1', seconds: 5, at: 9 })
  const { seconds, from } = new Experience([...newer, other, ...old]).estimate(subject)
  t.equal(from, 'version')
  t.equal(Math.round(seconds), 85)
})

t.test('then other versions of the package', async t => {
  const { seconds, from } = new Experience([build({ cpv: 'dev-toy/lib-1', seconds: 70 })]).estimate(subject)
  t.equal(from, 'package')
  t.equal(seconds, 70)
})

t.test('then packages with about as much source', async t => {
  const experience = new Experience([
    build({ cpv: 'app-toy/like-1', seconds: 30, sourceBytes: 900_000 }),
    build({ cpv: 'app-toy/likewise-1', seconds: 50, sourceBytes: 700_000 }),
    build({ cpv: 'app-toy/huge-1', seconds: 5000, sourceBytes: 500_000_000 }),
  ])
  t.strictSame(experience.estimate(subject), { seconds: 40, from: 'size', cores: null, memory: null })
})

t.test('builds on a fast host are scaled to what speed 1 would have taken', async t => {
  const shared = Array.from({ length: 50 }, (_, i) => [
    build({ cpv: `app-toy/p-${i}`, host: 'fast', seconds: 10 }),
    build({ cpv: `app-toy/p-${i}`, host: 'slow', seconds: 40 }),
  ]).flat()
  const experience = new Experience([...shared, build({ cpv: 'dev-toy/lib-2', host: 'fast', seconds: 100 })])
  const { seconds } = experience.estimate(subject)
  const there = seconds / experience.speed('slow')
  t.ok(there > 350 && there < 450, `400 s on the slow one: ${there}`)
})

t.test('cores and memory are what was measured', async t => {
  const experience = new Experience([
    build({ cpv: 'dev-toy/lib-2', seconds: 10, cpuSeconds: 40, memory: 5e8 }),
    build({ cpv: 'dev-toy/lib-2', seconds: 10, cpuSeconds: 20, memory: 7e8 }),
    build({ cpv: 'dev-toy/lib-2', seconds: 10 }),
  ])
  const { cores, memory } = experience.estimate(subject)
  t.equal(cores, 3)
  t.equal(memory, 7e8)
})

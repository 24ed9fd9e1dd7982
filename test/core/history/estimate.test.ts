import t from 'tap'
import { DEFAULT_SECONDS, Experience } from '../../../lib/core/history/estimate.ts'
import { DEFAULT_PARALLEL } from '../../../lib/core/history/parallel.ts'
import { build } from './support.ts'

const subject = { cpv: 'dev-toy/lib-2', cp: 'dev-toy/lib', sourceBytes: 1_000_000 }

t.test('where nothing is known, the default', async t => {
  const parallel = DEFAULT_PARALLEL
  t.strictSame(new Experience([]).estimate(subject), {
    seconds: DEFAULT_SECONDS,
    from: 'default',
    parallel,
    memory: null,
    disk: null,
    bytes: null,
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
  t.match(experience.estimate(subject), {
    seconds: 40,
    from: 'size',
    parallel: DEFAULT_PARALLEL,
    memory: null,
    disk: null,
    bytes: null,
  })
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

t.test('memory is the most that was measured', async t => {
  const experience = new Experience([
    build({ cpv: 'dev-toy/lib-2', memory: 5e8 }),
    build({ cpv: 'dev-toy/lib-2', memory: 7e8 }),
    build({ cpv: 'dev-toy/lib-2' }),
  ])
  t.equal(experience.estimate(subject).memory, 7e8)
})

t.test('what spreads over cores is found out by the CPU time, and seconds are those on one core', async t => {
  // Of 100 s on one core 80 spread: 40 s on 4 cores, 30 s on 8.
  const experience = new Experience([
    build({ cpv: 'dev-toy/lib-2', seconds: 40, cores: 4, cpuSeconds: 100 }),
    build({ cpv: 'dev-toy/lib-2', seconds: 30, cores: 8, cpuSeconds: 100 }),
  ])
  const { seconds, parallel } = experience.estimate(subject)
  t.equal(parallel.toFixed(6), '0.800000')
  t.equal(seconds.toFixed(6), '100.000000')
})

t.test('more cores make no fast host', async t => {
  const shared = Array.from({ length: 50 }, (_, i) => [
    build({ cpv: `app-toy/p-${i}`, host: 'many', seconds: 30, cores: 8, cpuSeconds: 100 }),
    build({ cpv: `app-toy/p-${i}`, host: 'few', seconds: 40, cores: 4, cpuSeconds: 100 }),
  ]).flat()
  const experience = new Experience(shared)
  t.equal(experience.speed('many').toFixed(3), experience.speed('few').toFixed(3))
})

t.test('a build on one core says nothing of more', async t => {
  const experience = new Experience([build({ cpv: 'dev-toy/lib-2', seconds: 40, cores: 1, cpuSeconds: 40 })])
  t.equal(experience.estimate(subject).parallel, DEFAULT_PARALLEL)
})

t.test(
  'what travels and what lies on the disk are the past builds’, and unknown where nobody measured them',
  async t => {
    const builds = [
      build({ cpv: 'dev-toy/lib-2', seconds: 40, bytes: 100, disk: 1000, at: 1 }),
      build({ cpv: 'dev-toy/lib-2', seconds: 40, bytes: 300, disk: 3000, at: 2 }),
    ]
    t.match(new Experience(builds).estimate(subject), { bytes: 200, disk: 3000 })
    t.match(new Experience([build({ cpv: 'dev-toy/lib-2' })]).estimate(subject), { bytes: null, disk: null })
    t.match(new Experience([]).estimate(subject), { bytes: null, disk: null })
  },
)

import t from 'tap'
import { Experience } from '../../../lib/core/history/estimate.ts'
import { makePlan } from '../../../lib/core/plan.ts'
import { NO_POLICY } from '../../../lib/core/policy.ts'
import { lostByEstimates } from '../../../lib/core/run/hindsight.ts'
import { predict } from '../../../lib/core/run/predict.ts'
import { predictionLines } from '../../../lib/report/prediction.ts'
import { build } from '../history/support.ts'
import { ebuild, edge, requestOf, seedGraph } from '../support.ts'

const here = { name: 'home', slots: 1, speed: 1 }
const host = (name: string, more: object = {}) => ({ name, slots: 1, speed: 1, ...more })
/** e takes a minute, b, c and d two, a one; on one core, whatever the host. */
const known = new Experience(
  Object.entries({ e: 60, b: 120, c: 120, d: 120, a: 60 }).map(([name, seconds]) =>
    build({ cpv: `app-toy/${name}-1`, seconds, cores: 1 }),
  ),
)

t.test('the graph of the wish on one host, and on three', async t => {
  const one = predict(seedGraph(), known, [host('big')], here)
  t.ok(one.seconds >= 480 && one.seconds < 490, `all one after another: ${one.seconds}`)
  t.equal(one.bound.limit, 'hosts')
  const three = predict(seedGraph(), known, [host('big'), host('small'), host('third')], here)
  t.ok(three.seconds >= 240 && three.seconds < 250, `the longest chain: ${three.seconds}`)
  t.equal(three.bound.limit, 'path')
  t.equal(three.guesses, 0)
  t.strictSame(
    three.chain.map(job => job.task[0]),
    ['e', three.chain[1]?.task, 'a'],
  )
  const lines = predictionLines(one, [
    { words: 'with small and third', prediction: three },
    { words: 'without big', prediction: null },
  ])
  t.match(lines[0], /^5 packages in about 8m\d\ds; these hosts need 8m\d\ds at least: that is the work/)
  t.match(lines.join('\n'), /^with small and third: 4m\d\ds, saves [34]m\d\ds$/m)
  t.match(lines.join('\n'), /^without big: there would be no host$/m)
  t.notMatch(lines.join('\n'), 'guess')
})

t.test('what stays here is built here, and waited for', async t => {
  const request = requestOf([ebuild('e', { matches: ['*/e'] }), ebuild('a')], [edge('a', 'e')])
  const plan = makePlan(request, { ...NO_POLICY, stay: ['*/e'] })
  const { jobs, seconds } = predict(plan, known, [host('big', { speed: 2 })], here)
  t.strictSame(
    jobs.map(job => [job.task, job.host]),
    [
      ['e', 'home'],
      ['a', 'big'],
    ],
  )
  t.ok(seconds >= 90 && seconds < 95, String(seconds))
})

t.test('what is here already takes no time, and unknown packages are said to be guesses', async t => {
  const request = requestOf(
    [ebuild('lib', { type: 'binary', path: '/pkgdir/lib.gpkg.tar' }), ebuild('new')],
    [edge('new', 'lib')],
  )
  const prediction = predict(makePlan(request), known, [host('big')], here)
  t.strictSame(
    prediction.jobs.map(job => job.task),
    ['new'],
  )
  t.equal(prediction.guesses, 1)
})

t.test('what needs more memory than any host has is still built', async t => {
  const hungry = new Experience([build({ cpv: 'app-toy/a-1', seconds: 10, memory: 64e9 })])
  const plan = makePlan(requestOf([ebuild('a')]))
  const { jobs } = predict(plan, hungry, [host('big', { memory: 8e9 }), host('small', { memory: 4e9 })], here)
  t.equal(jobs[0]?.host, 'big')
})

t.test('what travels takes time, and what needs more disk than any host has is still built', async t => {
  const large = new Experience([build({ cpv: 'app-toy/a-1', seconds: 10, bytes: 50e6, disk: 64e9 })])
  const plan = makePlan(requestOf([ebuild('a')]))
  const there = { bandwidth: 1e6, disk: 4e9 }
  const { jobs, seconds } = predict(plan, large, [host('big', { ...there, disk: 8e9 }), host('small', there)], here)
  t.equal(jobs[0]?.host, 'big')
  t.ok(seconds > 55, String(seconds))
})

t.test('hindsight: what wrong estimates cost', async t => {
  const task = (id: string, seconds: number) => ({ id, needs: [], seconds })
  const hosts = [host('fast', { speed: 4 }), host('slow')]
  const took = (seconds: number, speed: number) => ({ seconds, speed, cores: 1 })
  // Taken for short, the long one is left to the slow host.
  const wrong = lostByEstimates(
    [task('short', 100), task('long', 20)],
    hosts,
    new Map([
      ['short', took(5, 4)],
      ['long', took(100, 1)],
    ]),
  )
  t.ok(wrong > 50, String(wrong))
  const right = lostByEstimates(
    [task('short', 20), task('long', 100)],
    hosts,
    new Map([
      ['short', took(5, 4)],
      ['long', took(25, 4)],
    ]),
  )
  t.equal(right, 0)
  t.equal(lostByEstimates([task('a', 1)], hosts, new Map()), 0, 'nothing was built')
})

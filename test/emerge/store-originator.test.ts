/** An originator that dies, is interrupted, or builds itself. */
import t from 'tap'
import { FARM_YAML, STORE } from '../lab/lab.ts'
import { ebuilds, seedGraph } from '../lab/repo.ts'
import { builtOn, installed, killAll, lastRun, ofType, startLab, world } from './support.ts'
import {
  attempts,
  attemptsAt,
  begun,
  endWorkers,
  eventually,
  hostIsTidy,
  startWorkers,
  stories,
  storeIsTidy,
} from './workers.ts'

t.test('an originator of a store', async t => {
  const lab = await startLab(t, { store: true })
  const { client } = lab
  const workers = await startWorkers(lab)

  await t.test('kill -9 of everything on the client, in the middle of three builds', async t => {
    await seedGraph(client, { seconds: 20 })
    const broken = client.spawn(['emerge', 'app-toy/pkg-a'])
    await eventually(() => (Object.keys(begun(workers)).length === 4 ? true : null), 240)
    await killAll(client, broken)
    const before = await lastRun(client)
    t.match(ofType(before, 'committed'), [{ package: 'app-toy/pkg-e-1::gentoo' }])
    t.strictSame(ofType(before, 'run-ended'), [])

    const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
    t.equal(code, 0, all)
    const jobs = ofType(await lastRun(client), 'job-started')
    t.equal(jobs.filter(job => job.package.includes('pkg-e')).length, 0, 'what was committed is not built again')
    const names = ['a', 'b', 'c', 'd', 'e'].map(name => `app-toy/pkg-${name}-1`)
    t.same(begun(workers), Object.fromEntries(names.map(name => [name, 1])), 'nothing is built twice')
    t.strictSame(await installed(client), names)
    t.strictSame(await world(client), ['app-toy/pkg-a'])
    for (const each of stories(await attempts(lab))) t.match(each, /^worker-[abc] built committed$/)
    await storeIsTidy(t, lab)
    for (const { host } of workers) await hostIsTidy(t, host)
    t.equal((await client.run(['sh', '-c', 'ls /var/cache/portage-farm/'])).stdout, '', 'nothing is left here')
  })

  await t.test('Ctrl-C', async t => {
    await ebuilds(client, { 'app-toy/slow-1': { seconds: 120 } })
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/slow'], { tty: true })
    await emerge.until(/Building app-toy\/slow-1/, 120)
    emerge.write('\x03')
    const pressed = performance.now()
    for (const { host } of workers) await hostIsTidy(t, host, 10)
    t.comment(`${Math.round((performance.now() - pressed) / 100) / 10} s`)
    t.equal((await emerge.within(60)).code, 130)
    await eventually(async () => {
      const [only] = await attemptsAt(lab, 'app-toy/slow-1')
      return only?.end?.outcome === 'cancelled' ? true : null
    }, 30)
    await storeIsTidy(t, lab)
  })

  await t.test('local-jobs: it builds beside the workers', async t => {
    await client.write(FARM_YAML, `store: ${STORE}\nlocal-jobs: 1\n`)
    const four = ['p', 'q', 'r', 's'].map(name => `app-toy/${name}-1`)
    await ebuilds(client, Object.fromEntries(four.map(cpv => [cpv, { seconds: 20 }])))
    const { code, all } = await client.run(['emerge', '--oneshot', ...four.map(cpv => cpv.slice(0, -2))])
    t.equal(code, 0, all)
    const events = await lastRun(client)
    t.strictSame(
      four.map(cpv => builtOn(events, cpv)).sort(),
      ['client-local', 'worker-a', 'worker-b', 'worker-c'],
      'each has one',
    )
    await storeIsTidy(t, lab)
    await hostIsTidy(t, client)
  })

  await endWorkers(t, workers)

  await t.test('local-jobs: it builds alone', async t => {
    await ebuilds(client, { 'app-toy/alone-1': {}, 'app-toy/alone-2': {} })
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/alone'])
    t.equal(code, 0, all)
    t.equal(builtOn(await lastRun(client), 'app-toy/alone-2'), 'client-local')
    t.notMatch(all, /no worker took/)
    await storeIsTidy(t, lab)
    await hostIsTidy(t, client)
    const left = await client.run(['pgrep', '-fa', 'cli.js work'])
    t.equal(left.stdout, '', 'the worker here has ended with emerge')
  })
})

import t from 'tap'
import { seedGraph } from '../lab/repo.ts'
import { lastRun, ofType, runCount, startLab } from './support.ts'

interface Prediction {
  seconds: number
  bound: { seconds: number }
  jobs: { task: string; host: string; start: number; end: number }[]
  guesses: number
}

t.test('portage-farm plan: how a merge would go, with nothing done', async t => {
  const { client } = await startLab(t, { builders: 2 })
  await seedGraph(client)
  const plan = async (...argv: string[]) => client.run(['portage-farm', 'plan', ...argv])
  const predict = async (...argv: string[]): Promise<{ now: Prediction; others: { prediction: Prediction }[] }> =>
    JSON.parse(await client.must(['portage-farm', 'plan', '--json', ...argv])) as never
  const state = async (): Promise<Map<string, string>> =>
    client.files('/var', ['/var/tmp', '/var/log', '/var/cache/edb/dep'])

  await t.test('before anything was built it guesses, and says so', async t => {
    // What Portage itself does when it first looks.
    await client.must(['emerge', '--pretend', 'app-toy/pkg-a'])
    const before = await state()
    const { code, all } = await plan('--', '--oneshot', 'app-toy/pkg-a')
    t.equal(code, 0, all)
    t.match(all, /^5 packages in about \d+m\d\ds; these hosts need /)
    t.match(all, /5 of them were never built before/)
    t.match(all, /^0s +\S+ +farm-[ab]: app-toy\/pkg-e-1::gentoo$/m)
    t.match(all, /each waiting for the one before it:\n {2}app-toy\/pkg-e-1::gentoo on farm-\w, 1m00s\n/)
    t.match(all, /\n {2}app-toy\/pkg-a-1::gentoo on farm-\w, \S+\n$/)
    t.strictSame([...(await state())], [...before], 'nothing was changed')
    t.equal(await runCount(client), 0, 'and no run was begun')
  })

  await t.test('after a run it knows', async t => {
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/pkg-a'])
    t.equal(code, 0, all)
    t.match(all, /hosts were done in \S+; these builds take \S+ at best/)
    t.match(all, /what decided it: pkg-e-1, pkg-[bcd]-1, pkg-a-1: \S+ building/)
    const events = await lastRun(client)
    for (const { usage } of ofType(events, 'built')) {
      t.ok(
        (usage?.cpuSeconds ?? 0) > 0 && (usage?.memory ?? 0) > 1e6 && (usage?.disk ?? 0) > 0,
        `measured: ${JSON.stringify(usage)}`,
      )
    }
    await client.must(['emerge', '--unmerge', ...['a', 'b', 'c', 'd', 'e'].map(name => `app-toy/pkg-${name}`)])
    const { now } = await predict('--', 'app-toy/pkg-a')
    t.equal(now.guesses, 0)
    t.equal(now.jobs.length, 5)
    t.ok(now.seconds >= now.bound.seconds)
    const alone = now.jobs.reduce((sum, job) => sum + job.end - job.start, 0)
    t.ok(now.seconds < alone, `two hosts: less than its builds one after another (${now.seconds}, ${alone})`)
    t.equal(new Set(now.jobs.map(job => job.host)).size, 2, 'both hosts build')
  })

  await t.test('what another host would change', async t => {
    const argv = ['--with-host', 'farm-z:jobs=4,speed=4', '--without-host', 'farm-b', '--', 'app-toy/pkg-a']
    const { now, others } = await predict(...argv)
    const [more, less] = others.map(each => each.prediction.seconds)
    t.ok(Number(more) < now.seconds && Number(less) > now.seconds, `${more} < ${now.seconds} < ${less}`)
    const { all } = await plan(...argv)
    t.match(all, /^with farm-z: \S+, saves \S+$/m)
    t.match(all, /^without farm-b: \S+, takes \S+ longer$/m)
  })

  await t.test('what is wrong with it is said', async t => {
    const unknown = await plan('--', 'app-toy/no-such')
    t.equal(unknown.code, 1)
    t.match(unknown.all, 'there are no ebuilds to satisfy "app-toy/no-such"')
    for (const [argv, words] of [
      [['--without-host', 'stranger', '--', 'app-toy/pkg-a'], 'are farm-a, farm-b'],
      [['--with-host', 'big:jobs=many', '--', 'app-toy/pkg-a'], 'write for instance'],
      [[], 'what is emerge to merge?'],
    ] as const) {
      const { code, all } = await plan(...argv)
      t.equal(code, 2)
      t.match(all, words)
    }
  })
})

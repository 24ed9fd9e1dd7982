import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { ebuilds, seedGraph } from '../lab/repo.ts'
import { installed, killAll, lastRun, leftovers, ofType, runCount, startLab, world } from './support.ts'

/** The job roots that a host has made, by run. */
async function jobRoots(builder: LabHost): Promise<string[]> {
  const { stdout } = await builder.run(['sh', '-c', 'ls -d /var/lib/portage-farm/clients/*/runs/*/roots/r*'])
  return stdout.split('\n').filter(line => line !== '')
}

/** Why a job is where it is that another run began. */
const TAKEN_OVER = 'an earlier run began it there'

/** What hosts' own logs of jobs say was built there: by package, each log that tells of it, as the host numbers the file. */
async function logsOf(builders: readonly LabHost[]): Promise<Map<string, string[]>> {
  const look = `for log in /var/lib/portage-farm/clients/*/runs/*/roots/*/job/build.log; do
    for cpv in $(sed -n 's/^>>> Emerging (1 of 1) \\(.*\\)::.*/\\1/p' "$log"); do echo "$cpv $(stat -c %i "$log")"; done; done`
  const found = new Map<string, string[]>()
  for (const builder of builders) {
    for (const line of (await builder.must(['sh', '-c', look])).trim().split('\n')) {
      const [cpv = '', file = ''] = line.split(' ')
      found.set(cpv, [...(found.get(cpv) ?? []), `${builder.name} ${file}`])
    }
  }
  return found
}

t.test('a run that is killed is gone on with by the same command', async t => {
  const lab = await startLab(t, { builders: 3 })
  const { client } = lab
  await seedGraph(client, { seconds: 15 })
  await client.write(FARM_YAML, `hosts:\n${lab.builders.map(({ name }) => `  - ssh: ${name}\n`).join('')}`)

  await t.test('kill -9 of everything on the client, in the middle of three builds', async t => {
    const broken = client.spawn(['emerge', 'app-toy/pkg-a'])
    for (let tries = 0; ofType(await lastRun(client).catch(() => []), 'build-started').length < 4; tries++) {
      if (tries === 600) throw new Error('three builds at once never came')
      await sleep(200)
    }
    await killAll(client, broken)
    const before = await lastRun(client)
    t.match(ofType(before, 'committed'), [{ package: 'app-toy/pkg-e-1::gentoo' }])
    t.strictSame(ofType(before, 'run-ended'), [])
    const roots = (await Promise.all(lab.builders.map(jobRoots))).flat()
    const three = ['b', 'c', 'd'].map(name => `app-toy/pkg-${name}-1`)
    let logs = await logsOf(lab.builders)
    // Portage takes a moment from its start to its first word.
    for (let tries = 0; tries < 50 && !three.every(cpv => logs.has(cpv)); tries++) {
      await sleep(100)
      logs = await logsOf(lab.builders)
    }
    for (const cpv of three) t.equal(logs.get(cpv)?.length, 1, `${cpv}: one host is at work on it`)

    const emerge = client.spawn(['emerge', 'app-toy/pkg-a'])
    const takenOver = async (): Promise<number> =>
      ofType(await lastRun(client).catch(() => []), 'job-started').filter(({ why }) => why?.includes(TAKEN_OVER)).length
    for (let tries = 0; (await takenOver()) < 3; tries++) {
      if (tries === 300) throw new Error('not all was taken over')
      await sleep(200)
    }
    // What was brought home by now is not there any more.
    const now = await logsOf(lab.builders)
    t.ok(
      three.some(cpv => now.has(cpv)),
      'the hosts’ own logs',
    )
    for (const cpv of three) if (now.has(cpv)) t.ok(now.get(cpv)?.includes(logs.get(cpv)?.[0] ?? ''), `${cpv} goes on`)
    await emerge.until(/Building app-toy\/pkg-a-1/, 120)
    const after = (await Promise.all(lab.builders.map(jobRoots))).flat()
    t.ok(
      after.filter(root => !roots.includes(root)).length <= 1,
      'the hosts’ own directories: nobody made another root for what was at work',
    )
    const { code, all } = await emerge.within(180)
    t.equal(code, 0, all)
    const events = await lastRun(client)
    const jobs = ofType(events, 'job-started')
    t.equal(jobs.filter(job => job.package.includes('pkg-e')).length, 0, 'what was committed is not built again')
    for (const name of ['b', 'c', 'd']) {
      const [first, ...others] = jobs.filter(job => job.package.includes(`pkg-${name}-`))
      const id = `app-toy/pkg-${name}-1::gentoo`
      const host = ofType(before, 'job-started').find(job => job.package === id)?.host
      t.match(first, { host, why: [TAKEN_OVER] }, `${name} is taken over where it was`)
      // A late build gets one on a busy machine.
      const again = others.filter(({ why }) => !why?.some(each => each.startsWith('a second copy: ')))
      t.strictSame(again, [], 'it is not begun again')
    }
    t.equal((await installed(client)).length, 5)
    t.strictSame(await world(client), ['app-toy/pkg-a'])
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
    t.equal((await client.run(['sh', '-c', 'ls /var/cache/portage-farm/'])).stdout, '', 'no store is left')
  })

  await t.test('emerge alone is killed: the library leaves the hosts at work', async t => {
    await ebuilds(client, { 'app-toy/slow-1': { seconds: 20 }, 'app-toy/quick-1': {} })
    const broken = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    await broken.until(/Building app-toy\/slow-1/)
    await sleep(3000)
    await client.run(['sh', '-c', "pkill -9 -f '[e]merge .*app-toy'"])
    await broken.within(30)
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/slow'])
    t.equal(code, 0, all)
    t.match(ofType(await lastRun(client), 'job-started'), [{ why: [TAKEN_OVER] }])
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
  })

  await t.test('another command ends what it has no use for', async t => {
    await ebuilds(client, { 'app-toy/slow-2': { seconds: 600 } })
    const broken = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    await broken.until(/Building app-toy\/slow-2/)
    await killAll(client, broken)
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/quick'])
    t.equal(code, 0, all)
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
  })

  await t.test('portage-farm cancel: nothing goes on anywhere', async t => {
    await ebuilds(client, { 'app-toy/slow-3': { seconds: 600 } })
    const broken = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    await broken.until(/Building app-toy\/slow-3/)
    await killAll(client, broken)
    const { code, all } = await client.run(['portage-farm', 'cancel'])
    t.equal(code, 0, all)
    t.match(all, /farm-[abc]: ended what was left of \d{8}-/)
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)

    const running = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    await running.until(/Building app-toy\/slow-3/)
    const cancelled = await client.run(['portage-farm', 'cancel'])
    t.match(cancelled.all, /ended the run \d{8}-/)
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
    await running.until(/building the rest here/)
    await killAll(client, running)
  })

  await t.test('a build fails: the next try uses what was committed beside it and could not be installed', async t => {
    await ebuilds(client, {
      'app-toy/good-1': { rdepend: 'app-toy/bad' },
      'app-toy/bad-1': { body: 'src_compile() { sleep 10; die "not yet"; }' },
    })
    const argv = ['emerge', '--oneshot', 'app-toy/good']
    t.equal((await client.run(argv)).code, 1)
    t.match(ofType(await lastRun(client), 'committed'), [{ package: 'app-toy/good-1::gentoo' }])
    const runs = await runCount(client)
    await ebuilds(client, { 'app-toy/bad-1': {} })
    const { code, all } = await client.run(argv)
    t.equal(code, 0, all)
    t.equal(await runCount(client), runs + 1)
    const events = await lastRun(client)
    t.match(
      ofType(events, 'job-started').map(job => job.package),
      ['app-toy/bad-1::gentoo'],
    )
    t.ok((await installed(client)).includes('app-toy/good-1'))
    const stores = await client.run(['sh', '-c', 'ls /var/cache/portage-farm/'])
    t.equal(stores.stdout, '', 'no store is left')
  })
})

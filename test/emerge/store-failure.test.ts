/** A package that cannot be built, where workers share a store, and a store that is away. */
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, installed, lastRun, ofType, startLab } from './support.ts'
import { attemptsAt, begun, endWorkers, eventually, startWorkers, stories, storeIsTidy, whoSays } from './workers.ts'

t.test('a package fails on two workers', async t => {
  const lab = await startLab(t, { store: true })
  const { client } = lab
  const workers = await startWorkers(lab)
  await ebuilds(client, {
    'app-toy/bad-1': {
      // It would be built if this were not there.
      body: 'src_compile() {\n\teinfo "about to fail"\n\t[[ -e ${EPREFIX}/usr/share/mended ]] || die "on purpose"\n}\n',
    },
  })
  const argv = ['emerge', '--oneshot', 'app-toy/bad']

  await t.test('it is built here, and fails here as well; the log of a worker is there', async t => {
    const { code, all } = await client.run(argv)
    t.equal(code, 1, all)
    t.strictSame(await installed(client), [])
    t.match(all, /about to fail/)
    t.match(all, /on purpose/)
    const events = await lastRun(client)
    const failures = ofType(events, 'attempt-failed')
    t.equal(new Set(failures.map(each => each.host)).size, 2, 'two workers tried')
    t.strictSame(
      failures.map(each => each.fault),
      ['package', 'package'],
    )
    const [log] = ofType(events, 'failed').map(event => event.log)
    t.match(log, /^\/var\/log\/portage\/app-toy:bad-1:\d{8}-\d{6}\.log$/, 'where PORTAGE_LOGDIR says')
    t.match(all, `${basename(log ?? 'no log')}), is built here`, 'and it is named')
    t.equal(builtOn(events, 'app-toy/bad-1'), 'home')
    t.match(await client.read(log ?? ''), /about to fail[^]*on purpose/)
    t.match(stories(await attemptsAt(lab, 'app-toy/bad-1')), [/^worker-[abc] failed$/, /^worker-[abc] failed$/])
    await storeIsTidy(t, lab)
  })

  await t.test('again: no worker builds it, and what lets it be tried again is said', async t => {
    const before = begun(workers)['app-toy/bad-1']
    const { code, all } = await client.run(argv)
    t.equal(code, 1, all)
    t.equal(begun(workers)['app-toy/bad-1'], before)
    t.match(all, 'portage-farm retry')
  })

  await t.test('portage-farm retry: it is built', async t => {
    await client.write('/usr/share/mended', '')
    const before = begun(workers)['app-toy/bad-1']
    t.equal((await client.run(argv)).code, 0, 'here, before anybody was asked to try again')
    t.equal(begun(workers)['app-toy/bad-1'], before, 'no worker did')
    const cleared = await client.run(['portage-farm', 'retry', 'app-toy/bad'])
    t.equal(cleared.code, 0, cleared.all)
    const { code, all } = await client.run(argv)
    t.equal(code, 0, all)
    t.strictSame(await installed(client), ['app-toy/bad-1'])
    t.match(stories(await attemptsAt(lab, 'app-toy/bad-1')).at(-1), /^worker-[abc] built committed$/)
    await storeIsTidy(t, lab)
  })

  await endWorkers(t, workers)
})

t.test('the store is away while a build ends', async t => {
  const lab = await startLab(t, { store: true, workers: 2 })
  const { client } = lab
  const workers = await startWorkers(lab)
  /** Seconds: of the build, and of the store's absence. */
  const [BUILD, AWAY] = [10, 14]

  for (const [who, cpv] of [
    ['the worker', 'app-toy/slow-1'],
    ['emerge', 'app-toy/slow-2'],
  ] as const) {
    await t.test(`for ${who}`, async t => {
      await ebuilds(client, { [cpv]: { seconds: BUILD }, [`app-toy/after-${cpv.slice(-1)}`]: { depend: `=${cpv}` } })
      const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/after'])
      const holder = await whoSays(workers, new RegExp(`builds ${cpv}::`))
      // Before its root is mounted, an attempt fails where the store is away, and another worker makes the next.
      await eventually(async () => {
        const phases = ofType(await lastRun(client), 'phase').filter(each => each.package.startsWith(`${cpv}::`))
        return phases.some(each => each.phase === 'compile') || null
      })
      const host = who === 'emerge' ? client : holder.host
      await host.loseStore()
      await sleep(AWAY * 1000)
      await host.findStore()
      const { code, all } = await emerge.within(240)
      t.equal(code, 0, all)
      t.ok((await installed(client)).includes(cpv))
      t.equal(begun(workers)[cpv], 1, 'it is built once')
      t.strictSame(stories(await attemptsAt(lab, cpv)), [`${holder.name} built committed`])
      if (who === 'emerge') t.match(all, /store cannot be read: .*trying again/)
      else t.match(holder.said, /what came of app-toy\/slow-1::gentoo cannot be put into the store: .*trying again/)
      await storeIsTidy(t, lab)
    })
  }

  for (const each of workers) t.equal((await each.end()).code, 0, each.said)
})

/** A package that cannot be built, where workers share a store. */
import { basename } from 'node:path'
import t from 'tap'
import { ebuilds } from '../lab/repo.ts'
import { installed, lastRun, ofType, startLab } from './support.ts'
import { attemptsAt, begun, endWorkers, startWorkers, stories, storeIsTidy } from './workers.ts'

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

  await t.test('it fails as with hosts, and its log is there', async t => {
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
    t.match(all, basename(log ?? 'no log'), 'and it is named')
    t.match(await client.read(log ?? ''), /about to fail[^]*on purpose/)
    t.match(stories(await attemptsAt(lab, 'app-toy/bad-1')), [/^worker-[abc] failed$/, /^worker-[abc] failed$/])
    await storeIsTidy(t, lab)
  })

  await t.test('again: nobody builds it, and what lets it be tried again is said', async t => {
    const before = begun(workers)['app-toy/bad-1']
    const { code, all } = await client.run(argv)
    t.equal(code, 1, all)
    t.equal(begun(workers)['app-toy/bad-1'], before)
    t.match(all, 'portage-farm retry')
  })

  await t.test('portage-farm retry: it is built', async t => {
    await client.write('/usr/share/mended', '')
    t.equal((await client.run(argv)).code, 1, 'not before that')
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

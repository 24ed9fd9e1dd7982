import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { ebuilds } from '../lab/repo.ts'
import { installed, lastRun, ofType, startLab, world } from './support.ts'

/** bad fails; needs-bad needs it; the others have nothing to do with it. */
async function brokenGraph(client: LabHost): Promise<void> {
  await ebuilds(client, {
    'app-toy/base-1': {},
    'app-toy/bad-1': {
      depend: 'app-toy/base',
      rdepend: 'app-toy/base',
      body: 'src_compile() {\n\teinfo "about to fail"\n\tsleep 1\n\tdie "on purpose"\n}\n',
    },
    'app-toy/needs-bad-1': { depend: 'app-toy/bad', rdepend: 'app-toy/bad' },
    'app-toy/good-1': { depend: 'app-toy/base', rdepend: 'app-toy/base' },
    'app-toy/top-1': { depend: 'app-toy/good', rdepend: 'app-toy/good' },
  })
}

const REQUEST = ['app-toy/needs-bad', 'app-toy/top']

t.test('a package fails: everything is as with plain emerge', async t => {
  const lab = await startLab(t, { builders: 2 })
  const plain = await startLab(t, { builders: 0, install: false })
  const { client } = lab
  await Promise.all([client, plain.client].map(brokenGraph))

  await t.test('with --keep-going, the rest is built', async t => {
    const argv = ['emerge', '--keep-going', ...REQUEST]
    const [farmed, stock] = await Promise.all([client.run(argv), plain.client.run(argv)])
    t.equal(farmed.code, stock.code, farmed.all)
    t.equal(farmed.code, 1)
    t.strictSame(await installed(client), await installed(plain.client))
    t.strictSame(await world(client), await world(plain.client))

    const failures = ofType(await lastRun(client), 'attempt-failed')
    t.strictSame(failures.map(event => event.host).sort(), ['farm-a', 'farm-b'], 'two hosts tried')
    const [log] = ofType(await lastRun(client), 'failed').map(event => event.log)
    t.match(log, /^\/var\/log\/portage\/app-toy:bad-1:\d{8}-\d{6}\.log$/, 'its log is where PORTAGE_LOGDIR says')
    t.match(farmed.all, log ?? 'no log', 'and it is named')
    const text = await client.read(log ?? '')
    t.match(text, /about to fail/)
    t.match(text, /on purpose/)
  })

  await t.test('without, nothing new is begun, and --resume --skipfirst goes on', async t => {
    for (const host of [client, plain.client]) {
      await host.must(['emerge', '--unmerge', 'app-toy/top', 'app-toy/good', 'app-toy/base'])
    }
    const [farmed, stock] = await Promise.all([
      client.run(['emerge', ...REQUEST]),
      plain.client.run(['emerge', ...REQUEST]),
    ])
    t.equal(farmed.code, stock.code, farmed.all)
    t.notOk((await installed(client)).includes('app-toy/bad-1'))

    const resumed = await client.run(['emerge', '--resume', '--skipfirst'])
    t.equal(resumed.code, 0, resumed.all)
    await plain.client.must(['emerge', '--resume', '--skipfirst'])
    t.strictSame(await installed(client), await installed(plain.client))
    t.strictSame(await world(client), await world(plain.client))
  })
})

import { basename } from 'node:path'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, installed, lastRun, ofType, startLab, world } from './support.ts'

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

t.test('a package fails on hosts and here: everything is as with plain emerge', async t => {
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

    const events = await lastRun(client)
    const failures = ofType(events, 'attempt-failed')
    t.strictSame(failures.map(event => event.host).sort(), ['farm-a', 'farm-b'], 'two hosts tried')
    t.match(ofType(events, 'home-started'), [{ package: 'app-toy/bad-1::gentoo' }], 'and then this system')
    const [first, last] = failures
    const line = (host = '', log: string | null = '', then = '') =>
      `app-toy/bad-1::gentoo failed on ${host}: compile phase: on purpose (${log ?? ''})${then}`
    t.match(farmed.all, line(first?.host, first?.log))
    t.match(farmed.all, line(last?.host, last?.log, ', is built here'), 'in a line')
    for (const { log } of failures) {
      t.match(
        log,
        /^\/var\/log\/portage\/app-toy:bad-1:\d{8}-\d{6}\.log$/,
        'the host’s log is where PORTAGE_LOGDIR says',
      )
      t.match(await client.read(log ?? ''), /about to fail[^]*on purpose/)
    }
    const logs = await client.must(['sh', '-c', 'cd /var/log/portage && ls app-toy:bad-1:*'])
    const hosts = failures.map(({ log }) => basename(log ?? ''))
    const [here, ...more] = logs
      .trim()
      .split('\n')
      .filter(name => !hosts.includes(name))
    t.strictSame(more, [])
    t.match(
      farmed.all,
      new RegExp(`Failed to emerge app-toy/bad-1, Log file:[\\s>]+'/var/log/portage/${here ?? 'none'}'`),
    )
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

t.test('a package fails on hosts, and not here', async t => {
  const lab = await startLab(t, { builders: 1 })
  const { client } = lab
  await client.write('/home/toy/words', 'only here\n')
  const here = 'local home=home\n\tlocal words="/${home}/toy/words"\n'
  await ebuilds(client, {
    'app-toy/local-1': {
      body: `src_compile() {\n\t${here}\tcp "\${words}" words || die "no words"\n}\nsrc_install() {\n\tinsinto /usr/share/toy\n\tdoins words\n}\n`,
    },
    'app-toy/user-1': {
      depend: 'app-toy/local',
      body: 'src_install() {\n\tinsinto /usr/share/toy\n\tnewins "${ESYSROOT}/usr/share/toy/words" user\n}\n',
    },
  })
  const { code, all } = await client.run(['emerge', 'app-toy/user'])
  t.equal(code, 0, all)
  const events = await lastRun(client)
  const attempts = ofType(events, 'attempt-failed')
  t.match(
    attempts,
    [{ host: 'farm-a', fault: 'package', reason: 'compile phase: no words' }],
    'with one host it is one',
  )
  t.equal(builtOn(events, 'app-toy/local-1'), 'home')
  t.equal(builtOn(events, 'app-toy/user-1'), 'farm-a', 'what needs it is built with what was built here')
  t.equal(await client.read('/usr/share/toy/user'), 'only here\n')
  t.match(all, /app-toy\/local-1::gentoo failed on farm-a: compile phase: no words \(.*\.log\), is built here/)
  t.match(all, 'built here, after it failed on farm-a: app-toy/local-1::gentoo')
  t.match(await client.read(attempts[0]?.log ?? ''), 'no words', 'the log is kept')

  const packaged = await client.run(['emerge', '--buildpkgonly', '--nodeps', 'app-toy/local'])
  t.equal(packaged.code, 0, packaged.all)
  t.equal(builtOn(await lastRun(client), 'app-toy/local-1'), 'home', 'with --buildpkgonly as well')
})

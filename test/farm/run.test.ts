import t from 'tap'
import { makePlan, type Plan } from '../../lib/core/plan.ts'
import type { Decision } from '../../lib/core/schedule/scheduler.ts'
import type { RunParts } from '../../lib/farm/parts.ts'
import { ebuild, edge, planOf, requestOf, seedGraph } from '../core/support.ts'
import { endFarm, type FakeFarm, overFarm, startFarm } from './support.ts'

void t.test('the graph of the wish: e, then b, c and d at once, then a', async t => {
  const farm = await startFarm(t, seedGraph(), { hosts: 'big:2 small' })
  t.strictSame(farm.building, [], 'nobody is there yet')
  await farm.up('big', 'small')
  t.strictSame(farm.building, ['e on big'])
  await farm.finish('e')
  t.strictSame(farm.building, ['b on big', 'c on big', 'd on small'])
  await farm.finish('d', 'b')
  t.strictSame(farm.building, ['c on big'], 'a waits for the last one')
  await farm.finish('c')
  t.strictSame(farm.building, ['a on big'])
  t.strictSame(
    farm.target('a').steps.map(step => step.id),
    ['e', 'b', 'c', 'd'],
  )
  t.strictSame(farm.target('a').committed.toSorted(), ['b', 'c', 'd', 'e'])
  await farm.finish('a')
  const words = { log: '/e.log', elog: 'said by e' }
  t.strictSame(farm.said('commit')[0], { type: 'commit', id: 'e', path: '/store/e', host: 'big', seconds: 2, ...words })
  t.strictSame(farm.ids('commit'), ['e', 'd', 'b', 'c', 'a'], 'as they came back')
  t.equal(farm.over, false, 'emerge still merges')
  await farm.emerge({ type: 'merged', id: 'e' })
  t.strictSame(
    farm.happened('installed').map(event => event.package),
    ['e'],
  )
  await endFarm(t, farm)
  t.equal(farm.events[0]?.type, 'run-started')
  t.match(farm.events.at(-1), { type: 'run-ended', code: 0 })
})

void t.test('the plan is told before anything happens', async t => {
  const farm = await startFarm(t, seedGraph())
  t.match(farm.events[0], { type: 'run-started', run: 'run-1', portage: '3.0.70', hosts: ['big', 'small'] })
  t.strictSame(
    farm.happened('planned').map(event => event.package),
    ['e', 'b', 'c', 'd', 'a'],
  )
  t.match(farm.happened('planned').at(-1), { needs: ['e', 'b', 'c', 'd'], rank: 1, where: 'farm' })
  await endFarm(t, farm)
})

void t.test('emerge may go on', t => {
  void t.test('when no host reads this system any more', async t => {
    const farm = await startFarm(t, planOf('a b'), { hosts: 'big small late' })
    farm.host('big').mirror()
    await farm.up('small')
    t.strictSame(farm.building, ['a on small'], 'who has it begins')
    await farm.up('big')
    t.strictSame(farm.said('go'), [], 'late still connects')
    farm.host('late').refuse('no route')
    await farm.settle()
    t.equal(farm.said('go').length, 1)
    await farm.finish('a', 'b')
    t.equal(farm.said('go').length, 1, 'it is said once')
    await endFarm(t, farm)
  })

  void t.test('when nothing is left for the others to do', async t => {
    const farm = await startFarm(t, planOf('a'))
    farm.host('small').mirror()
    await farm.up('big')
    t.strictSame(farm.said('go'), [])
    await farm.finish('a')
    t.equal(farm.said('go').length, 1)
    await endFarm(t, farm)
  })

  void t.test('after what has come back is committed, not before', async t => {
    const farm = await startFarm(t, planOf('a'), { hosts: 'big' })
    farm.client.hold('a')
    farm.host('big').mirror()
    await farm.settle()
    t.strictSame(farm.said('go'), [])
    await farm.up('big')
    t.equal(farm.said('go').length, 1)
    await farm.finish('a')
    t.strictSame(farm.ids('commit'), [], 'it is being verified')
    farm.client.letGo('a')
    await farm.settle()
    t.strictSame(farm.ids('commit'), ['a'])
    await endFarm(t, farm)
  })
  t.end()
})

void t.test('a host that cannot be brought up is told of, and the others do the work', async t => {
  const farm = await startFarm(t, planOf('a'))
  farm.host('big').refuse('Permission denied (publickey)')
  await farm.up('small')
  t.match(farm.happened('host-lost'), [{ host: 'big', reason: 'Permission denied (publickey)' }])
  t.strictSame(farm.building, ['a on small'])
  await farm.finish('a')
  await endFarm(t, farm)
})

void t.test('a host that is lost while it builds: the package goes elsewhere', async t => {
  const farm = await startFarm(t, planOf('a'))
  await farm.up('big', 'small')
  t.strictSame(farm.building, ['a on big'])
  await farm.lose('big', 'timed out')
  t.strictSame(farm.building, ['a on small'])
  t.match(farm.happened('attempt-failed'), [{ package: 'a', host: 'big', fault: 'host', reason: 'timed out' }])
  t.match(farm.happened('host-lost'), [{ host: 'big', reason: 'timed out' }])
  t.match(farm.happened('job-started').at(-1), { attempt: 2 })
  await farm.finish('a')
  t.strictSame(farm.ids('commit'), ['a'])
  t.strictSame(farm.ids('home'), [], 'nobody else hears of it')
  await endFarm(t, farm)
})

void t.test('a host that was lost comes back, and builds', async t => {
  const farm = await startFarm(t, planOf('a b c'))
  await farm.up('big')
  await farm.lose('big', 'it was silent')
  await farm.up('small')
  t.strictSame(farm.building, ['a on small'])
  await farm.up('big')
  t.strictSame(farm.building, ['b on big', 'a on small'])
  t.match(farm.happened('host-ready'), [{ host: 'big' }, { host: 'small' }, { host: 'big' }])
  for (const each of ['a', 'b', 'c']) await farm.finish(each)
  await endFarm(t, farm)
})

void t.test('emerge is gone: hosts finish what they are at work on', async t => {
  const farm = await startFarm(t, planOf('a'))
  await farm.up('big')
  farm.run.detach('emerge is gone')
  await farm.ended
  t.strictSame(
    farm.hosts.map(host => [host.detached, host.left]),
    [
      [1, 0],
      [1, 0],
    ],
  )
  t.match(farm.happened('run-ended'), [{ code: null }])
})

void t.test('a host that fails what others build is not used for a while', async t => {
  const farm = await startFarm(t, planOf('a b c d e f g'))
  await farm.up('big', 'small')
  for (let failures = 1; failures <= 3; failures++) {
    t.strictSame(farm.happened('host-lost'), [], `${failures - 1} failures may be chance`)
    const job = farm.building.find(each => each.endsWith(' on big')) ?? 'nothing on big'
    await farm.breakDown(job.replace(/ on .*/, ''), 'host')
    await farm.finish(farm.building.find(each => each.endsWith(' on small')) ?? 'nothing on small')
  }
  t.match(farm.happened('host-lost'), [{ host: 'big', reason: /^it failed 3 builds in a row \(/ }])
  t.notOk(farm.building.some(each => each.endsWith(' on big')))
  await endFarm(t, farm)
})

void t.test('a package waits for a host that is still on its way', async t => {
  const farm = await startFarm(t, planOf('a'))
  await farm.up('big')
  await farm.breakDown('a', 'host')
  t.strictSame(farm.building, [])
  t.strictSame(farm.ids('home'), [])
  await farm.up('small')
  t.strictSame(farm.building, ['a on small'])
  await farm.finish('a')
  await endFarm(t, farm)
})

void t.test('all hosts are lost: everything that is not built is built here', async t => {
  const farm = await startFarm(t, seedGraph())
  await farm.up('big', 'small')
  await farm.finish('e')
  t.strictSame(farm.building, ['b on big', 'c on small'])
  await farm.lose('big')
  await farm.lose('small')
  t.strictSame(farm.ids('home').toSorted(), ['a', 'b', 'c', 'd'])
  t.strictSame(
    farm
      .said('home')
      .filter(({ id }) => ['a', 'd'].includes(id))
      .map(each => each.reason),
    ['no host can be used', 'no host can be used'],
  )
  t.equal(farm.said('go').length, 1)
  for (const id of ['b', 'c', 'd', 'a']) {
    await farm.emerge({ type: 'home-started', id })
    await farm.emerge({ type: 'home-built', id, path: `/pkgdir/${id}` })
    await farm.emerge({ type: 'merged', id })
  }
  t.strictSame(farm.ids('commit'), ['e'], 'emerge knows what it built itself')
  t.equal(farm.run.state.count('committed'), 5)
  await endFarm(t, farm)
})

void t.test('no host ever comes up: everything is built here, for one reason', async t => {
  const farm = await startFarm(t, seedGraph())
  farm.host('big').refuse('no route')
  farm.host('small').refuse('no route')
  await farm.settle()
  t.strictSame(farm.ids('home').toSorted(), ['a', 'b', 'c', 'd', 'e'])
  t.strictSame([...new Set(farm.said('home').map(each => each.reason))], ['no host can be used'])
  t.notOk(
    farm.said('home').some(each => each.share),
    'nobody needs their binary packages',
  )
  t.equal(farm.said('go').length, 1)
  await endFarm(t, farm)
})

void t.test('a package that fails on two hosts is built here', t => {
  void t.test('what is built here is committed, and hosts build with it', async t => {
    const farm = await startFarm(t, planOf('a b c d', ['c', 'a'], ['d', 'b']))
    await farm.up('big', 'small')
    t.strictSame(farm.building, ['a on big', 'b on small'])
    await farm.breakDown('a', 'package', '/first.log')
    t.strictSame(farm.building, ['b on small'], 'small has no free slot')
    await farm.finish('b')
    t.strictSame(farm.building, ['d on big', 'a on small'])
    await farm.breakDown('a', 'package', '/second.log')
    t.strictSame(farm.said('home'), [{ type: 'home', id: 'a', reason: 'a broke', share: true }])
    t.strictSame(farm.happened('failed'), [], 'nothing has failed yet')
    t.strictSame(farm.ids('withdraw'), [])
    t.strictSame(farm.building, ['d on big'], 'the others go on')
    await farm.emerge({ type: 'home-started', id: 'a' })
    await farm.emerge({ type: 'home-built', id: 'a', path: '/pkgdir/a' })
    t.strictSame(farm.building, ['d on big', 'c on small'])
    await farm.finish('d', 'c')
    t.strictSame(farm.ids('commit'), ['b', 'd', 'c'])
    await endFarm(t, farm)
  })

  void t.test('with a third host as well, which is not asked', async t => {
    const farm = await startFarm(t, planOf('a'), { hosts: 'big small third' })
    await farm.up('big', 'small', 'third')
    await farm.breakDown('a')
    await farm.breakDown('a')
    t.match(farm.said('home'), [{ id: 'a', share: false }], 'nobody waits for it')
    await endFarm(t, farm)
  })

  void t.test('where there is one host, after one failure', async t => {
    const farm = await startFarm(t, planOf('a'), { hosts: 'big' })
    await farm.up('big')
    await farm.breakDown('a')
    t.match(farm.said('home'), [{ id: 'a' }])
    await endFarm(t, farm)
  })

  void t.test('only when it fails here as well is the rest withdrawn, and what runs comes home', async t => {
    const farm = await startFarm(t, planOf('a b c d', ['c', 'a'], ['d', 'b']), { hosts: 'big small third' })
    await farm.up('big', 'small', 'third')
    t.strictSame(farm.building, ['a on big', 'b on small'])
    await farm.breakDown('a', 'package', '/first.log')
    t.strictSame(farm.building, ['b on small', 'a on third'])
    await farm.breakDown('a', 'package', null)
    await farm.emerge({ type: 'home-started', id: 'a' })
    await farm.emerge({ type: 'merge-failed', id: 'a' })
    const reason = 'it failed here as it had on third (a broke)'
    t.match(farm.happened('failed'), [{ package: 'a', reason, log: '/first.log' }], 'with the log that there is')
    t.strictSame(farm.ids('withdraw'), ['c', 'd'])
    t.strictSame(farm.building, ['b on small'], 'it is not ended')
    await farm.breakDown('b', 'host')
    t.strictSame(farm.ids('withdraw'), ['c', 'd', 'b'], 'and not begun anew')
    t.strictSame(farm.building, [])
    await endFarm(t, farm, 1)
  })

  void t.test('a host that fails three packages in a row that are built here gets none for a while', async t => {
    const farm = await startFarm(t, planOf('a b c d'), { hosts: 'big' })
    await farm.up('big')
    for (const id of ['a', 'b', 'c']) {
      await farm.breakDown(id)
      t.equal(farm.happened('host-lost').length, 0)
      await farm.emerge({ type: 'merged', id })
    }
    t.match(farm.happened('host-lost'), [{ host: 'big', reason: /failed 3 builds in a row \(a, b, c\)/ }])
    await endFarm(t, farm)
  })
  t.end()
})

void t.test('with --keep-going', t => {
  /** They have failed on hosts, and fail here. */
  const failHere = async (farm: FakeFarm, id: string): Promise<void> => {
    t.ok(farm.ids('home').includes(id))
    await farm.emerge({ type: 'merge-failed', id })
  }

  void t.test('only what needs it is withdrawn', async t => {
    const farm = await startFarm(t, planOf('a b c', ['c', 'a']), { keepGoing: true, hosts: 'big small' })
    await farm.up('big')
    await farm.breakDown('a')
    await farm.up('small')
    await farm.breakDown('a')
    t.strictSame(farm.ids('withdraw'), [])
    await failHere(farm, 'a')
    t.strictSame(farm.ids('withdraw'), ['c'])
    await farm.finish('b')
    t.strictSame(farm.ids('commit'), ['b'])
    await endFarm(t, farm, 1)
  })

  void t.test('and what needs that to be built, and so on', async t => {
    // top is built with middle, which is built with base: top does not need base itself.
    const packages = ['base', 'middle', 'top', 'other'].map(name => ebuild(name))
    const plan = makePlan(requestOf(packages, [edge('middle', 'base'), edge('top', 'middle')]))
    const farm = await startFarm(t, plan, { keepGoing: true })
    await farm.up('big', 'small')
    await farm.breakDown('base')
    await farm.finish('other')
    await farm.breakDown('base')
    await failHere(farm, 'base')
    t.strictSame(farm.ids('withdraw'), ['middle', 'top'])
    t.equal(farm.run.state.settled, true)
    await endFarm(t, farm, 1)
  })

  void t.test('the run without an emerge ends there, too', async t => {
    const packages = ['base', 'middle', 'top'].map(name => ebuild(name))
    const plan = makePlan(requestOf(packages, [edge('middle', 'base'), edge('top', 'middle')]))
    const farm = await startFarm(t, plan, { keepGoing: true, hasEmerge: false })
    await farm.up('big', 'small')
    await farm.breakDown('base', 'package', '/first.log')
    await farm.breakDown('base', 'package', null)
    t.equal(farm.over, true, 'nothing is left to build')
    const reason = 'base broke, and there is no emerge here to build it'
    t.match(farm.happened('failed'), [{ package: 'base', reason, log: '/first.log' }], 'a failure is one')
    if (!farm.over) farm.run.stop('the test ends it')
    await overFarm(t, farm)
  })
  t.end()
})

void t.test('what an installed package stands in for', t => {
  const packages = ['lib', 'tool', 'app'].map(name => ebuild(name))
  const plan = makePlan(requestOf(packages, [edge('app', 'lib', 'buildtime', true), edge('app', 'tool')]))

  void t.test('is waited for', async t => {
    const farm = await startFarm(t, plan)
    await farm.up('big', 'small')
    t.strictSame(farm.building, ['lib on big', 'tool on small'])
    await farm.finish('tool')
    t.strictSame(farm.building, ['lib on big'])
    await farm.finish('lib')
    t.strictSame(
      farm.target('app').steps.map(step => step.id),
      ['lib', 'tool'],
    )
    await farm.finish('app')
    await endFarm(t, farm)
  })

  void t.test('and done without where it fails', async t => {
    const farm = await startFarm(t, plan, { keepGoing: true })
    await farm.up('big', 'small')
    await farm.breakDown('lib')
    await farm.finish('tool')
    await farm.breakDown('lib')
    t.strictSame(farm.building, [], 'it may be built here')
    await farm.emerge({ type: 'merge-failed', id: 'lib' })
    t.strictSame(farm.building, ['app on big'])
    t.strictSame(
      farm.target('app').steps.map(step => step.id),
      ['tool'],
      'it is not installed first',
    )
    await farm.finish('app')
    t.strictSame(farm.ids('withdraw'), [])
    await endFarm(t, farm, 1)
  })
  t.end()
})

void t.test('what came back is not what was planned', t => {
  void t.test('another host is asked, and then Portage here', async t => {
    const farm = await startFarm(t, planOf('a b', ['b', 'a']))
    farm.client.wrong.set('a', 'USE: planned "ssl", built ""')
    await farm.up('big', 'small')
    await farm.finish('a')
    t.match(farm.happened('attempt-failed'), [{ host: 'big', fault: 'mismatch', reason: /^USE/ }])
    t.strictSame(farm.building, ['a on small'])
    await farm.finish('a')
    t.strictSame(farm.said('home'), [{ type: 'home', id: 'a', reason: 'USE: planned "ssl", built ""', share: true }])
    t.strictSame(farm.ids('commit'), [], 'it is never installed')
    t.strictSame(farm.building, [], 'b waits for it')
    await farm.emerge({ type: 'home-started', id: 'a' })
    await farm.emerge({ type: 'home-built', id: 'a', path: '/pkgdir/a' })
    t.strictSame(farm.building, ['b on big'])
    await farm.finish('b')
    await endFarm(t, farm)
  })

  void t.test('a verification that cannot be done: neither can another host help', async t => {
    const farm = await startFarm(t, planOf('a'))
    farm.client.wrong.set('a', new Error('the disk is full'))
    await farm.up('big', 'small')
    await farm.finish('a')
    t.match(farm.happened('attempt-failed'), [{ host: 'big', fault: 'client', reason: 'the disk is full' }])
    t.strictSame(farm.ids('home'), ['a'], 'no other host is asked')
    await endFarm(t, farm)
  })
  t.end()
})

void t.test('what the plan leaves to Portage here', t => {
  const plan = (): Plan =>
    makePlan(
      requestOf(
        [
          ebuild('kernel', { inherited: ['linux-mod-r1'] }),
          ebuild('here', { type: 'binary', path: '/here' }),
          ebuild('app'),
        ],
        [edge('app', 'kernel'), edge('app', 'here')],
      ),
    )

  void t.test('is told at once, and its dependents wait for it', async t => {
    const farm = await startFarm(t, plan())
    t.match(farm.said('home'), [{ id: 'kernel', reason: /linux-mod-r1/ }])
    t.match(farm.happened('committed'), [{ package: 'here', host: 'here', path: '/store/here' }])
    t.strictSame(farm.ids('commit'), [], 'emerge has that already')
    await farm.up('big', 'small')
    t.strictSame(farm.building, [])
    t.equal(farm.said('go').length, 1, 'emerge may build it')
    await farm.emerge({ type: 'home-built', id: 'kernel', path: '/pkgdir/kernel' })
    t.strictSame(farm.building, ['app on big'])
    await farm.finish('app')
    await endFarm(t, farm)
  })

  void t.test('if that fails here, the rest is withdrawn', async t => {
    const farm = await startFarm(t, plan())
    await farm.up('big', 'small')
    await farm.emerge({ type: 'merge-failed', id: 'kernel' })
    t.match(farm.happened('failed'), [{ package: 'kernel' }])
    t.strictSame(farm.ids('withdraw'), ['app'])
    await endFarm(t, farm, 1)
  })

  void t.test('without an emerge there is nobody to build it', async t => {
    const farm = await startFarm(t, plan(), { hasEmerge: false })
    await overFarm(t, farm)
    t.match(farm.happened('failed'), [{ package: 'kernel', reason: /no emerge here/ }])
    t.strictSame(
      farm.happened('withdrawn').map(event => event.package),
      ['app'],
      'once',
    )
  })

  void t.test('a plan with nothing for a host asks none, and complains of none', async t => {
    const farm = await startFarm(t, makePlan(requestOf([ebuild('here', { type: 'binary', path: '/here' })])))
    t.equal(farm.said('go').length, 1)
    t.strictSame(farm.happened('host-lost'), [], 'nobody was lost')
    await endFarm(t, farm)
  })
  t.end()
})

void t.test('a package that is committed could not be installed', t => {
  void t.test('nothing else is begun', async t => {
    const farm = await startFarm(t, planOf('a b c', ['b', 'a'], ['c', 'b']), { hosts: 'big' })
    await farm.up('big')
    await farm.finish('a')
    t.strictSame(farm.building, ['b on big'])
    await farm.emerge({ type: 'merge-failed', id: 'a' })
    await farm.emerge({ type: 'merge-failed', id: 'a' })
    t.equal(farm.happened('install-failed').length, 1, 'it is told once')
    t.strictSame(farm.ids('withdraw'), ['c'])
    await farm.finish('b')
    await endFarm(t, farm, 1)
  })
  t.end()
})

void t.test('the user interrupts: every job is ended, and nothing is begun', async t => {
  const farm = await startFarm(t, planOf('a b c'))
  await farm.up('big', 'small')
  t.strictSame(farm.building, ['a on big', 'b on small'])
  await farm.emerge({ type: 'interrupt' })
  t.strictSame(farm.building, [])
  t.strictSame(farm.ids('withdraw').toSorted(), ['a', 'b', 'c'])
  t.strictSame(farm.ids('home'), [])
  t.equal(farm.over, false, 'emerge says when it is done')
  await endFarm(t, farm, 130)
})

void t.test('the user interrupts while hosts are copied to', async t => {
  const farm = await startFarm(t, planOf('a'))
  farm.host('big').mirror()
  await farm.settle()
  await farm.emerge({ type: 'interrupt' })
  t.equal(farm.said('go').length, 1, 'emerge need not wait')
  t.strictSame(farm.ids('withdraw'), ['a'])
  t.strictSame(farm.ids('home'), [], 'lost hosts send nothing home any more')
  await endFarm(t, farm, 130)
})

void t.test('emerge ends while things are built: the hosts are left', async t => {
  const farm = await startFarm(t, planOf('a b'))
  await farm.up('big')
  t.strictSame(farm.building, ['a on big'])
  await endFarm(t, farm, 1)
  t.strictSame(farm.building, [])
  t.match(farm.events.at(-1), { type: 'run-ended', code: 1 })
})

void t.test('stop(): the run ends, whatever is going on', async t => {
  const farm = await startFarm(t, planOf('a b'))
  await farm.up('big')
  const aborted = farm.host('big').builds.get('a')
  farm.run.stop('emerge is gone')
  await overFarm(t, farm)
  t.equal(aborted?.aborted, true)
  t.equal(farm.happened('interrupted').length, 1)
  t.match(farm.events.at(-1), { type: 'run-ended', code: null })
})

void t.test('stop() before any host is there', async t => {
  const farm = await startFarm(t, planOf('a'))
  farm.run.stop('emerge is gone')
  await overFarm(t, farm)
  t.match(farm.events.at(-1), { type: 'run-ended', code: null })
})

void t.test('without an emerge', t => {
  void t.test('the run ends when all is built, and says so', async t => {
    const farm = await startFarm(t, planOf('a b', ['b', 'a']), { hasEmerge: false })
    await farm.up('big', 'small')
    await farm.finish('a')
    t.equal(farm.over, false)
    farm.client.hold('b')
    await farm.finish('b')
    t.equal(farm.over, false, 'it is being verified')
    farm.client.letGo('b')
    await overFarm(t, farm)
    t.equal(farm.run.state.count('committed'), 2)
    t.match(farm.events.at(-1), { type: 'run-ended', code: null })
  })

  void t.test('what no host can build has failed, each package once', async t => {
    const farm = await startFarm(t, planOf('a b c'), { hasEmerge: false })
    farm.host('big').refuse('no route')
    farm.host('small').refuse('no route')
    await overFarm(t, farm)
    t.match(farm.happened('failed')[0], {
      package: 'a',
      reason: 'no host can be used, and there is no emerge here to build it',
    })
    const decided = [...farm.happened('failed'), ...farm.happened('withdrawn')].map(event => event.package)
    t.strictSame(decided.toSorted(), ['a', 'b', 'c'])
  })

  void t.test('a plan of nothing ends at once', async t => {
    const farm = await startFarm(t, makePlan(requestOf([])), { hasEmerge: false })
    await overFarm(t, farm)
    t.equal(farm.over, true)
  })
  t.end()
})

void t.test('what Portage built here after all is not committed twice', async t => {
  const farm = await startFarm(t, planOf('a'))
  await farm.up('big', 'small')
  await farm.finish('a')
  await farm.emerge({ type: 'home-built', id: 'a', path: '/pkgdir/a' })
  t.equal(farm.happened('committed').length, 1)
  await endFarm(t, farm)
})

void t.test('what Portage built here while a host builds it', async t => {
  const farm = await startFarm(t, planOf('a'))
  await farm.up('big', 'small')
  await farm.emerge({ type: 'home-built', id: 'a', path: '/pkgdir/a' })
  t.strictSame(
    farm.happened('committed').map(event => event.host),
    ['home'],
  )
  if (farm.building.length > 0) await farm.finish('a')
  t.equal(farm.over, false, 'what comes back too late does no harm')
  t.equal(farm.happened('committed').length, 1)
  await endFarm(t, farm)
})

void t.test('a package that Portage built here cannot be adopted: the run goes on', async t => {
  const farm = await startFarm(t, planOf('a b', ['b', 'a']))
  farm.client.adopt = async () => Promise.reject(new Error('ENOENT'))
  farm.client.wrong.set('a', 'wrong')
  await farm.up('big', 'small')
  await farm.finish('a')
  await farm.finish('a')
  t.strictSame(farm.ids('home'), ['a'])
  await farm.emerge({ type: 'home-built', id: 'a', path: '/pkgdir/a' })
  t.equal(farm.over, false)
  t.strictSame(farm.ids('home'), ['a', 'b'], 'what needs it is built where it is')
  await endFarm(t, farm)
})

void t.test('what no binary package can hold is built and stays here, with what needs it', async t => {
  const farm = await startFarm(t, planOf('a b c', ['b', 'a']))
  await farm.up('big', 'small')
  await farm.breakDown('a', 'unfit')
  t.match(farm.said('home'), [{ id: 'a', share: false }], 'no other host is asked')
  await farm.emerge({ type: 'home-started', id: 'a' })
  await farm.emerge({ type: 'merged', id: 'a' })
  t.match(farm.said('home'), [{ id: 'a' }, { id: 'b', share: false }])
  await farm.finish('c')
  await endFarm(t, farm)
})

void t.test('a binary package that is here, and cannot be adopted', t => {
  const packages = [ebuild('first'), ebuild('here', { type: 'binary', path: '/here' }), ebuild('app'), ebuild('other')]
  const plan = makePlan(requestOf(packages, [edge('here', 'first', 'buildtime'), edge('app', 'here')]))

  void t.test('what needs it is built where it is, and no host builds it', async t => {
    const farm = await startFarm(t, plan, { adopts: false })
    t.ok(farm.ids('home').includes('app'))
    await farm.up('big', 'small')
    t.strictSame(farm.building, ['first on big', 'other on small'])
    await farm.finish('first', 'other')
    t.strictSame(farm.building, [])
    await endFarm(t, farm)
  })

  void t.test('without an emerge the run ends all the same', async t => {
    const farm = await startFarm(t, plan, { adopts: false, hasEmerge: false, keepGoing: true })
    await farm.up('big', 'small')
    for (const id of ['first', 'other']) if (farm.building.some(each => each.startsWith(id))) await farm.finish(id)
    t.equal(farm.over, true)
    if (!farm.over) farm.run.stop('the test ends it')
    await overFarm(t, farm)
  })
  t.end()
})

void t.test('hosts whose names mean something here are hosts like others', async t => {
  const farm = await startFarm(t, planOf('a b'), { hosts: 'home here' })
  await farm.up('home', 'here')
  await farm.finish('a', 'b')
  t.strictSame(farm.ids('commit'), ['a', 'b'])
  await endFarm(t, farm)
})

void t.test('a host that cannot be left does not keep the others from being left', async t => {
  const farm = await startFarm(t, planOf('a'))
  await farm.up('big', 'small')
  const big = farm.host('big')
  const leave = big.leave.bind(big)
  big.leave = async () => {
    await leave()
    throw new Error('no answer')
  }
  farm.run.tell({ type: 'end', code: 0 })
  await farm.ended.catch(() => undefined)
  t.equal(farm.host('small').left, 1)
})

/** Has the package built on both hosts at once, as soon as they are there. */
const bothAtOnce: RunParts['player'] = ([task]) => {
  const done = new Set<string>()
  const hosts: string[] = []
  let cancels: Decision['cancels'] = []
  return {
    apply: event => {
      if (event.type === 'host-ready') hosts.push(event.host.name)
      if (event.type === 'started') done.add(event.host)
      if (event.type === 'built') done.add(event.host)
      if (event.type === 'committed') cancels = hosts.map(host => ({ task: event.task, host }))
    },
    decide: () => {
      const free = hosts.length < 2 ? [] : hosts.filter(host => !done.has(host))
      const start = { task: task?.id ?? '', cores: 3, finish: 0, isCopy: false }
      return { starts: free.map(host => ({ ...start, host })), cancels, wake: null }
    },
  }
}

void t.test('two hosts at work on one package', t => {
  void t.test('the first that is committed counts, and the other is ended', async t => {
    const farm = await startFarm(t, planOf('a b', ['b', 'a']), { player: bothAtOnce })
    await farm.up('big', 'small')
    t.strictSame(farm.building, ['a on big', 'a on small'])
    t.match(farm.happened('job-started'), [{ attempt: 1, cores: 3 }, { attempt: 2 }])
    await farm.finish('a on small')
    t.match(farm.said('commit'), [{ id: 'a', host: 'small' }])
    t.strictSame(farm.building, [])
    t.match(farm.happened('job-cancelled'), [{ package: 'a', host: 'big' }])
    t.strictSame(farm.happened('attempt-failed'), [])
    await endFarm(t, farm)
  })

  void t.test('one that fails is no reason to give up the other', async t => {
    const farm = await startFarm(t, planOf('a'), { player: bothAtOnce })
    await farm.up('big', 'small')
    await farm.breakDown('a')
    t.strictSame(farm.building, ['a on small'])
    await farm.finish('a')
    t.match(farm.said('commit'), [{ id: 'a', host: 'small' }])
    await endFarm(t, farm)
  })

  void t.test('the second is looked at only if nothing came of the first', async t => {
    const farm = await startFarm(t, planOf('a'), { player: bothAtOnce })
    await farm.up('big', 'small')
    farm.client.hold('a')
    await farm.finish('a on big', 'a on small')
    farm.client.wrong.set('a', 'its USE flags differ')
    farm.client.letGo('a')
    await farm.settle()
    t.match(farm.happened('attempt-failed'), [{ host: 'big', fault: 'mismatch' }])
    t.strictSame(farm.ids('home'), [], 'the other one is not given up')
    farm.client.wrong.delete('a')
    farm.client.letGo('a')
    await farm.settle()
    t.match(farm.said('commit'), [{ id: 'a', host: 'small' }])
    await endFarm(t, farm)
  })

  t.end()
})

void t.test('somebody sets the clock, by a day and back: nothing follows from it', async t => {
  const real = Date.now.bind(Date)
  const DAY = 24 * 3600 * 1000
  const set = (by: number): void => {
    Date.now = () => real() + by
  }
  t.teardown(() => {
    Date.now = real
  })
  const farm = await startFarm(t, planOf('a b c', ['b', 'a'], ['c', 'b']))
  await farm.up('big', 'small')
  for (const [name, by] of [
    ['a', DAY],
    ['b', -DAY],
    ['c', 0],
  ] as const) {
    set(by)
    await farm.finish(name)
  }
  t.equal(farm.happened('job-started').length, 3, 'no build is taken for a late one')
  const times = farm.events.map(event => event.at)
  t.strictSame(
    times.toSorted((a, b) => a - b),
    times,
    'events go on from where they were',
  )
  t.ok(
    times.every(at => Math.abs(at - real()) < DAY / 24),
    'and are of today',
  )
  await endFarm(t, farm)
})

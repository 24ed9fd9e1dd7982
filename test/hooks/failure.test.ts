import t from 'tap'
import { fails, keepsGoing } from './scenarios.ts'
import { said, Twins } from './twins.ts'

t.test('packages that fail, and packages that are not built', async t => {
  const twins = await Twins.start(t, 'app-toy/pkg-a app-toy/pkg-f')

  await t.test('a package fails here as it had on hosts', async t => {
    await fails(t, twins)
  })

  await t.test('with --keep-going, then --resume --skipfirst', async t => {
    await keepsGoing(t, twins)
  })

  await t.test('without --keep-going, then --resume --skipfirst', async t => {
    const fake = { verdicts: { 'pkg-f': 'home', 'pkg-e': 'withdraw' } } as const
    const before = 'touch /etc/fail-pkg-f\n'
    const commands = ['app-toy/pkg-f app-toy/pkg-e', '--resume --skipfirst'] as const
    const [first, second] = [await twins.farmed(commands[0], { fake, before }), await twins.again(commands[1], {})]
    t.strictSame([first.code, first.installed, first.resume], [1, [], ['pkg-f', 'pkg-e']], first.all)
    t.strictSame([second.code, second.installed, second.resume], [0, ['pkg-e'], []], second.all)
  })

  await t.test('a build here fails, while another one waits for its turn', async t => {
    const scenario = { fake: { default: 'home' }, before: 'touch /etc/fail-pkg-e\n' } as const
    const command = 'app-toy/pkg-e app-toy/pkg-f'
    const [stopped] = await twins.same(t, [command], scenario)
    t.strictSame([stopped.code, stopped.resume, said(stopped, 'home-started')], [1, ['pkg-e', 'pkg-f'], ['pkg-e']])
    const [kept] = await twins.same(t, [`--keep-going ${command}`], scenario)
    t.strictSame([kept.code, kept.installed], [1, ['pkg-f']])
  })

  await t.test('nothing failed, and still not all is merged: that is no success', async t => {
    const fake = { verdicts: { 'pkg-c': 'withdraw', 'pkg-a': 'withdraw' } } as const
    const first = await twins.farmed('--verbose app-toy/pkg-a', { fake })
    t.strictSame([first.code, first.resume], [1, ['pkg-c', 'pkg-a']], first.all)
    t.strictSame(first.installed, ['pkg-b', 'pkg-d', 'pkg-e'])
    t.notMatch(first.all, 'Failed')
    t.match(first.all, '`emerge --resume` goes on with the rest')
    t.ok(
      first.options.includes('--verbose') && !first.options.includes('--jobs'),
      "the resume list keeps the user's options",
    )

    const second = await twins.again('--resume', { fake })
    t.strictSame([second.code, second.resume], [1, ['pkg-c', 'pkg-a']], second.all)
    const third = await twins.again('--resume', {})
    t.strictSame([third.code, third.resume], [0, []], third.all)
    t.strictSame(third.world, ['app-toy/pkg-a'])
  })
})

import t from 'tap'
import { commits, goesHome } from './scenarios.ts'
import { planOf, said, Twins } from './twins.ts'

const FREE = ['free-a', 'free-b', 'free-c', 'free-d']

/** Builds that show how many of them run at a time: none ends before `most` run, or 10 s have passed. */
const counting = (most: number): string => `
touch /tmp/jobs
chmod 666 /tmp/jobs
cat > /tmp/count <<'END'
running() { local began=$(grep -c + /tmp/jobs) ended=$(grep -c - /tmp/jobs); echo $(( began - ended )); }
echo + >> /tmp/jobs
for (( i = 0; i < 100 && $(running) < ${most}; i++ )); do sleep 0.1; done
sleep 2
running >> /tmp/most
echo - >> /tmp/jobs
END
touch /tmp/most
chmod 666 /tmp/most
`

t.test('merging what the library commits', async t => {
  const counted = { body: 'src_compile() {\n\tbash /tmp/count || die\n}\nsrc_install() {\n\t:\n}\n' }
  // With a library it checks until that has said all, as a slow check would.
  const checks = {
    more: 'pkg_pretend() {\n\twhile [[ -e /tmp/fake.json && ! -e /tmp/said ]]; do sleep 0.1; done\n\tsleep 1\n}\n',
  }
  const twins = await Twins.start(t, 'app-toy/pkg-a app-toy/pkg-f app-toy/checks', {
    toys: { ...Object.fromEntries(FREE.map(name => [`app-toy/${name}-1`, counted])), 'app-toy/checks-1': checks },
  })

  await t.test('packages are merged as they are committed, in the order of Portage', async t => {
    await commits(t, twins)
  })

  await t.test('packages that the library leaves are built at home', async t => {
    await goesHome(t, twins)
  })

  await t.test('the library is killed: the rest is built here', async t => {
    for (const die of [0, 1]) {
      const [result] = await twins.same(t, ['app-toy/pkg-b'], { fake: { die } })
      t.equal(result.all.match(/the library ended; building the rest here/g)?.length, 1, result.all)
      t.strictSame(said(result, 'home-started'), [], 'nobody hears of it')
    }
  })

  await t.test('the library speaks, or is killed, while Portage still runs pkg_pretend', async t => {
    const [heard] = await twins.same(t, ['app-toy/checks'])
    t.strictSame(said(heard, 'home-started'), [])
    const [killed] = await twins.same(t, ['app-toy/checks'], { fake: { die: 0 } })
    t.match(killed.all, 'the library ended; building the rest here')
  })

  await t.test('a package that cannot be used is built here', async t => {
    const [result] = await twins.same(t, ['--oneshot app-toy/pkg-f'], { fake: { default: 'broken' } })
    t.match(result.all, 'cannot be used; building app-toy/pkg-f-1 here')
    t.strictSame(said(result, 'home-built'), ['pkg-f'])
  })

  for (const [option, atom] of [
    ['--onlydeps', 'app-toy/pkg-b'],
    ['--oneshot', 'app-toy/pkg-f'],
    ['--nodeps', 'app-toy/pkg-b'],
    ['--jobs=3', 'app-toy/pkg-b'],
    ['--quiet', 'app-toy/pkg-f'],
  ] as const) {
    await t.test(option, async t => {
      const [result] = await twins.same(t, [`${option} ${atom}`])
      t.strictSame(said(result, 'merged'), result.installed.toReversed(), 'nothing else, and none at home')
      t.equal(planOf(result).nodeps, option === '--nodeps')
      if (option === '--quiet') t.notMatch(result.all, 'summary: code')
    })
  }

  await t.test('--buildpkgonly', async t => {
    const fake = { verdicts: { 'pkg-f': 'home' } } as const
    const [result] = await twins.same(t, ['--buildpkgonly app-toy/pkg-e app-toy/pkg-f'], { fake })
    t.equal(planOf(result).action, 'buildpkgonly')
    t.strictSame(result.installed, [])
    t.strictSame(result.packages, ['pkg-e', 'pkg-f'])
    t.strictSame(said(result, 'home-built'), ['pkg-f'])
  })

  await t.test('--usepkg: the library is told of binary packages that are here', async t => {
    const before = 'PORTAGE_FARM=0 emerge --quiet --buildpkgonly app-toy/pkg-e >/dev/null 2>&1\n'
    const [result] = await twins.same(t, ['--usepkg app-toy/pkg-b'], { before })
    const plan = planOf(result)
    t.match(plan.packages.find(each => each.cp === 'app-toy/pkg-e')?.path, /^\/var\/cache\/binpkgs\/app-toy\/pkg-e\//)
    t.equal(plan.mergeList.length, 2)
    t.strictSame(said(result, 'merged'), ['pkg-e', 'pkg-b'])
  })

  for (const [option, most] of [
    ['--jobs=3', 3],
    ['--jobs=1', 1],
  ] as const) {
    await t.test(`${option} limits what is built at home`, async t => {
      // Two are enough to show that one waits for the other.
      const atoms = FREE.slice(0, most + 1).map(name => `app-toy/${name}`)
      const command = `${option} --oneshot ${atoms.join(' ')}`
      const result = await twins.farmed(command, { fake: { default: 'home' }, before: counting(most) })
      t.equal(result.code, 0, result.all)
      const running = (await twins.farm.read('/tmp/most')).trim().split('\n').map(Number)
      t.equal(running.length, atoms.length)
      t.equal(Math.max(...running), most)
    })
  }
})

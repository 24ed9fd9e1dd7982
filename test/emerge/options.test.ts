import t from 'tap'
import { FARM_DIR, FARM_YAML } from '../lab/lab.ts'
import { distfile, ebuild, ebuilds, manifest } from '../lab/repo.ts'
import { builtOn, installed, lastRun, ofType, runCount, startLab, world } from './support.ts'

t.test('emerge keeps its meaning', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await ebuilds(client, {
    'app-toy/lib-1': {},
    'app-toy/lib-2': { keywords: '~amd64 ~arm64' },
    'app-toy/tool-1': { depend: 'app-toy/lib', rdepend: 'app-toy/lib', iuse: 'extra +usual' },
  })
  const emerge = async (...argv: string[]): Promise<string> => client.must(['emerge', ...argv])
  const clean = async (): Promise<void> => {
    await client.run(['emerge', '--unmerge', 'app-toy/tool', 'app-toy/lib'])
    await client.must(['sh', '-c', 'rm -rf /var/cache/binpkgs/*'])
  }

  await t.test('--pretend, --info and --search never meet the farm', async t => {
    t.match(await emerge('--pretend', 'app-toy/tool'), /ebuild +N.*app-toy\/lib-1/)
    await emerge('--info')
    await emerge('--search', 'tool')
    t.equal(await runCount(client), 0)
    t.strictSame(await installed(client), [])
  })

  await t.test('--ask asks first, and No means no', async t => {
    const no = client.spawn(['emerge', '--ask', 'app-toy/tool'], { tty: true })
    await no.until(/Yes\/No/)
    no.write('No\n')
    t.equal((await no.within(60)).code, 130)
    t.equal(await runCount(client), 0)
    const yes = client.spawn(['emerge', '--ask', 'app-toy/lib'], { tty: true })
    await yes.until(/Yes\/No/)
    yes.write('Yes\n')
    t.equal((await yes.within(120)).code, 0)
    t.strictSame(await installed(client), ['app-toy/lib-1'])
    t.match(builtOn(await lastRun(client), 'app-toy/lib-1'), /^farm-/)
    await clean()
  })

  await t.test('--onlydeps and EMERGE_DEFAULT_OPTS=--oneshot', async t => {
    await client.must(['emerge', '--onlydeps', 'app-toy/tool'], { env: { EMERGE_DEFAULT_OPTS: '--oneshot' } })
    t.strictSame(await installed(client), ['app-toy/lib-1'])
    t.strictSame(await world(client), [])
    await clean()
  })

  await t.test('--buildpkgonly leaves binary packages, and installs nothing', async t => {
    await emerge('--buildpkgonly', 'app-toy/lib')
    t.strictSame(await installed(client), [])
    t.ok(await client.exists('/var/cache/binpkgs/app-toy/lib/lib-1-1.gpkg.tar'))
    t.match(builtOn(await lastRun(client), 'app-toy/lib-1'), /^farm-/)
    await clean()
  })

  await t.test('--nodeps', async t => {
    await emerge('--nodeps', 'app-toy/tool')
    t.strictSame(await installed(client), ['app-toy/tool-1'])
    await clean()
  })

  await t.test("the caller's USE, flags and keywords act where the build runs", async t => {
    const env = { USE: 'extra -usual', CFLAGS: '-O1 -g0', ACCEPT_KEYWORDS: '~amd64 ~arm64' }
    await client.must(['emerge', '--oneshot', 'app-toy/tool'], { env })
    t.strictSame(await installed(client), ['app-toy/lib-2', 'app-toy/tool-1'])
    t.match(builtOn(await lastRun(client), 'app-toy/tool-1'), /^farm-/)
    t.match(await client.read('/usr/share/toy/tool-1'), /\bextra\b/)
    t.equal(await client.read('/var/db/pkg/app-toy/tool-1/CFLAGS'), '-O1 -g0\n')
    await clean()
  })

  await t.test('nothing else of the caller is in the package, in a log, or on a host', async t => {
    await client.must(['emerge', '--oneshot', 'app-toy/lib'], { env: { MY_TOKEN: 'secret-of-the-caller' } })
    t.equal((await client.run(['sh', '-c', 'bzcat /var/db/pkg/app-toy/lib-1/environment.bz2 | grep MY_TOKEN'])).code, 1)
    const grep = ['grep', '-rlE', 'secret-of-the-caller|MY_TOKEN']
    t.equal((await client.run([...grep, '/var/log', '/var/lib/portage-farm'])).code, 1)
    for (const each of lab.builders) t.equal((await each.run([...grep, FARM_DIR, '/var/log'])).code, 1, each.name)
    await clean()
  })

  await t.test('a second emerge with --usepkg takes what the farm left in PKGDIR', async t => {
    await emerge('--oneshot', 'app-toy/lib')
    await emerge('--unmerge', 'app-toy/lib')
    await emerge('--usepkg', '--oneshot', 'app-toy/tool')
    const events = await lastRun(client)
    t.equal(builtOn(events, 'app-toy/lib-1'), 'here')
    t.match(builtOn(events, 'app-toy/tool-1'), /^farm-/, 'and what needs it is built against it on a host')
    await clean()
  })

  await t.test('distfiles that are here are sent, also those that Portage may not fetch', async t => {
    await distfile(client, 'data-1.txt', 'the distfile\n')
    const body = 'S="${WORKDIR}"\nsrc_install() {\n\tinsinto /usr/share/toy\n\tdoins "${DISTDIR}"/data-1.txt\n}\n'
    for (const [cpv, restrict] of [
      ['app-toy/data-1', ''],
      ['app-toy/shop-1', 'fetch'],
    ] as const) {
      await ebuild(client, cpv, { srcUri: 'data-1.txt', body, restrict, slot: '0' })
      await manifest(client, cpv)
    }
    await emerge('--oneshot', 'app-toy/data')
    t.match(builtOn(await lastRun(client), 'app-toy/data-1'), /^farm-/)
    t.equal(await client.read('/usr/share/toy/data-1.txt'), 'the distfile\n')
    await emerge('--unmerge', 'app-toy/data')
    await emerge('--oneshot', 'app-toy/shop')
    t.match(builtOn(await lastRun(client), 'app-toy/shop-1'), /^farm-/)
    t.ok((await installed(client)).includes('app-toy/shop-1'))
  })

  await t.test('a merge that went round the shim is noticed once, and stopped with intercept: require', async t => {
    const round = async (): Promise<{ code: number; all: string }> =>
      client.run(['/usr/bin/emerge', '--oneshot', 'app-toy/lib'])
    const first = await round()
    t.equal(first.code, 0, first.all)
    t.match(first.all, /This merge went round portage-farm/)
    t.notMatch((await round()).all, /This merge went round portage-farm/)

    const yaml = await client.read(FARM_YAML)
    await client.write(FARM_YAML, `${yaml}intercept: require\n`)
    const stopped = await round()
    t.equal(stopped.code, 1)
    t.notMatch(stopped.all, /Compiling source/)
    t.match(stopped.all, /PORTAGE_FARM=0/)
    const aside = await client.run(['/usr/bin/emerge', '--oneshot', 'app-toy/lib'], { env: { PORTAGE_FARM: '0' } })
    t.equal(aside.code, 0, aside.all)
    t.notMatch(aside.all, /went round/)
    await emerge('--oneshot', 'app-toy/lib')
    t.match(builtOn(await lastRun(client), 'app-toy/lib-1'), /^farm-/)
    t.equal(ofType(await lastRun(client), 'attempt-failed').length, 0)
  })
})

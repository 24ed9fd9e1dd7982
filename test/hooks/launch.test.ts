import t from 'tap'
import { FARM_YAML } from '../lab/lab.ts'
import { distfile, manifest } from '../lab/repo.ts'
import { emerge, said, toy, Twins } from './twins.ts'

/** A library that starts emerge, as distribute() does. */
const STARTER = `
import os, subprocess, sys
ours, theirs = os.pipe(), os.pipe()
library = subprocess.Popen(["/usr/local/lib/fake_library.py"], stdin=ours[0], stdout=theirs[1])
os.close(ours[0]), os.close(theirs[1])
bridge = "fd:%d,%d" % (theirs[0], ours[1])
emerge = subprocess.Popen(sys.argv[1:], env={**os.environ, "PORTAGE_FARM_BRIDGE": bridge}, pass_fds=(theirs[0], ours[1]))
os.close(theirs[0]), os.close(ours[1])
sys.exit(emerge.wait() or library.wait())
`

const ONE = '--oneshot app-toy/pkg-f'

t.test('whether there is a library, and which', async t => {
  const twins = await Twins.start(t, 'app-toy/pkg-f', {
    toys: { 'app-toy/fetched-1': { ...toy(), srcUri: 'https://example.org/fetched.txt', body: 'S="${WORKDIR}"\n' } },
  })
  for (const client of [twins.farm, twins.plain]) {
    await distfile(client, 'fetched.txt', 'fetched\n')
    await manifest(client, 'app-toy/fetched-1')
  }

  await t.test('what merges nothing never meets it', async t => {
    for (const command of [
      '--pretend app-toy/pkg-a',
      '--info',
      '--version',
      '--depclean --pretend',
      '--fetchonly app-toy/fetched',
    ]) {
      const [result] = await twins.same(t, [command])
      t.strictSame(result.heard, [], command)
      t.notMatch(result.all, 'portage-farm:', command)
    }
  })

  await t.test('PORTAGE_FARM=0, no farm.yaml', async t => {
    const off = await twins.same(t, [ONE], { env: { PORTAGE_FARM: '0' } })
    const yaml = await twins.farm.read(FARM_YAML)
    await twins.farm.must(['rm', FARM_YAML])
    const none = await twins.same(t, [ONE])
    await twins.farm.write(FARM_YAML, yaml)
    for (const [result] of [off, none]) {
      t.strictSame(result.heard, [])
      t.notMatch(result.all, 'portage-farm')
      t.strictSame(result.packages, [], 'nothing is packaged')
    }
  })

  await t.test('a user who is not root', async t => {
    const command = [
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      ...emerge('--pretend app-toy/pkg-f'),
    ]
    const result = await twins.farmed(command)
    t.equal(result.code, 0, result.all)
    t.match(result.all, 'app-toy/pkg-f-1')
    t.notMatch(result.all, 'portage-farm')
  })

  await t.test('refused: nothing is even resolved', async t => {
    const result = await twins.farmed('app-toy/pkg-f', { fake: { refuse: 'farm.yaml: no hosts' } })
    t.strictSame([result.code, result.installed], [1, []])
    t.match(result.all, 'farm.yaml: no hosts')
    t.notMatch(result.all, 'Calculating')
  })

  await t.test('a library that cannot be talked to: emerge builds, and says why', async t => {
    for (const [greeting, reason] of [
      [{ type: 'ready', protocol: 99 }, /the library speaks protocol 99, this shim 2; building here/],
      [{ nonsense: 1 }, /which is no message; building here/],
    ] as const) {
      const [result] = await twins.same(t, [ONE], { fake: { greeting } })
      t.match(result.all, reason)
      t.strictSame(said(result, 'merged'), [])
    }
    const [result] = await twins.same(t, [ONE], { env: { PORTAGE_FARM_NODE: '/nonexistent' } })
    t.match(result.all, /the library did not start: .*; building here/)
  })

  await t.test('a library that started emerge', async t => {
    const yaml = await twins.farm.read(FARM_YAML)
    await twins.farm.must(['rm', FARM_YAML])
    const env = { PORTAGE_FARM_NODE: '/nonexistent' }
    const result = await twins.farmed(['python3', '-c', STARTER, ...emerge(ONE)], { env })
    await twins.farm.write(FARM_YAML, yaml)
    t.strictSame([result.code, said(result, 'merged')], [0, ['pkg-f']], result.all)
    t.strictSame(result.heard.at(-1), { type: 'eof' }, 'no build keeps the connection open')
  })

  await t.test('a locale that is not UTF-8, where stock emerge starts itself again', async t => {
    const env = { LC_ALL: 'C', PYTHONCOERCECLOCALE: '0', PYTHONUTF8: '0' }
    const [result] = await twins.same(t, [ONE], { env })
    t.strictSame(said(result, 'merged'), ['pkg-f'])
  })

  await t.test('nothing of ours is kept in the environment of a package', async t => {
    const names = async (which: 'farm' | 'plain') => {
      const saved = await twins[which].must(['bzcat', '/var/db/pkg/app-toy/pkg-f-1/environment.bz2'])
      const found = saved.matchAll(/^(?:declare \S+ (\w+)|(\w+) \(\) *$)/gm)
      return [...found].map(match => match[1] ?? match[2] ?? '').sort()
    }
    // What is built at home is packaged, which Portage notes there.
    await twins.plain.must(emerge(`--buildpkg ${ONE}`))
    await twins.farmed(ONE, { fake: { default: 'home' } })
    const [farm, plain] = [await names('farm'), await names('plain')]
    t.ok(plain.length > 20)
    t.strictSame(farm, plain)
    t.notMatch(farm.join(' '), /FARM|PYTHONUTF8/)
  })
})

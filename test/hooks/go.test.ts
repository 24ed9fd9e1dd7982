import t, { type Test } from 'tap'
import { differences } from '../emerge/support.ts'
import { emerge, type Outcome, planOf, said, type Scenario, toy, Twins } from './twins.ts'

/** Where emerge writes before it may begin: its resume list, its log, the metadata that it looked up. */
const OWN = ['/var/cache/edb', '/var/log', '/var/lib/portage-farm']

/** What a merge, a build or a removal of a toy would change. */
async function look({ farm }: Twins): Promise<Map<string, string>> {
  const found = await Promise.all(['/etc', '/usr/share/toy', '/var'].map(async path => farm.files(path, OWN)))
  return new Map(found.flatMap(files => [...files]))
}

t.test('until the library says "go", nothing on this system changes', async t => {
  const twins = await Twins.start(t, 'app-toy/pkg-b app-toy/pkg-f app-toy/new', {
    toys: { 'app-toy/old-1': toy(), 'app-toy/new-1': { ...toy(), rdepend: '!app-toy/old' } },
  })

  /** Runs emerge up to the point where it has heard all but "go", and looks; then lets it go on. */
  const watched = async (t: Test, command: string, scenario: Scenario = {}): Promise<Outcome> => {
    await twins.prepare({ fake: { go: 'later' }, ...scenario })
    const before = await look(twins)
    const running = twins.spawn(emerge(command))
    await running.until(/that is all/)
    // Emerge knows all verdicts now. Whatever it would do, it does at once: extracting takes a fraction of this.
    await new Promise(resolve => setTimeout(resolve, 3000))
    const changed = differences(before, await look(twins))
    t.strictSame(changed, [], `${command}: nothing has changed`)
    t.strictSame(
      (await twins.farm.read('/tmp/fake.log'))
        .trim()
        .split('\n')
        .map(line => (JSON.parse(line) as { type: string }).type),
      ['prepare', 'plan'],
      'and nothing but the plan was said',
    )
    t.notOk(running.ended, 'emerge waits')
    await twins.farm.must(['touch', '/tmp/go'])
    const result = await twins.end(running)
    t.equal(result.code, 0, result.all)
    return result
  }

  await t.test('committed packages wait to be merged', async t => {
    const result = await watched(t, 'app-toy/pkg-b')
    t.strictSame(said(result, 'merged'), ['pkg-e', 'pkg-b'])
    t.strictSame(result.world, ['app-toy/pkg-b'])
  })

  await t.test('packages for home wait to be built', async t => {
    const result = await watched(t, 'app-toy/pkg-b', { fake: { go: 'later', default: 'home' } })
    t.strictSame(said(result, 'home-built'), ['pkg-e', 'pkg-b'])
    t.strictSame(result.installed, ['pkg-b', 'pkg-e'])
  })

  await t.test('binary packages that are here wait too', async t => {
    const before = 'PORTAGE_FARM=0 emerge --quiet --buildpkgonly app-toy/pkg-e >/dev/null 2>&1\n'
    const result = await watched(t, '--usepkg app-toy/pkg-b', { fake: { go: 'later' }, before })
    t.equal(planOf(result).packages.find(each => each.cp === 'app-toy/pkg-e')?.type, 'binary')
    t.strictSame(said(result, 'merged'), ['pkg-e', 'pkg-b'])
  })

  await t.test('what is to be removed stays', async t => {
    const before = 'PORTAGE_FARM=0 emerge --quiet --oneshot app-toy/old >/dev/null 2>&1\n'
    const result = await watched(t, 'app-toy/new', { fake: { go: 'later' }, before })
    t.match(planOf(result).mergeList.join(' '), /app-toy\/old-1::gentoo \(uninstall\)/)
    t.strictSame(result.installed, ['new'])
  })

  await t.test('the library is killed before it said it: everything is built here', async t => {
    const result = await watched(t, 'app-toy/pkg-b', { fake: { go: 'die', default: 'silent' } })
    t.match(result.all, 'the library ended; building the rest here')
    t.strictSame(result.installed, ['pkg-b', 'pkg-e'])
  })
})

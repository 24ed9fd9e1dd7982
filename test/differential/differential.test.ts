/** Some scenarios of each family, in the everyday tests. All of them: `npm run differential`. */
import t from 'tap'
import { Pair } from './harness.ts'
import { loadScenarios } from './load.ts'
import { humanLines } from './print.ts'

const SELECTION = [
  ...['package-use', 'package-env-cflags', 'portage-bashrc', 'user-patches'],
  ...['library-and-user', 'sub-slot-rebuild', 'virtual-with-choice', 'set-and-world'],
  ...['config-protect', 'variables-of-src-in-pkg', 'docompress-dostrip', 'kinds-of-files'],
]

t.setTimeout(900_000)

t.test('the farm’s system is plain emerge’s', async t => {
  const scenarios = await loadScenarios()
  const pair = await Pair.start()
  t.teardown(async () => pair.stop())
  for (const name of SELECTION) {
    const scenario = scenarios.find(each => each.name === name)
    if (!scenario) throw new Error(`no scenario is named ${name}`)
    const result = await pair.run(scenario)
    t.ok(result.equal, `${name}: ${scenario.proves}`, { differences: humanLines(result) })
  }

  const { differences } = await pair.run({
    name: 'unequal',
    proves: 'that the comparison is not blind: the two clients are given other CFLAGS',
    ebuilds: { 'app-toy/odd-1': {} },
    prepare: async client => {
      const side = (await client.exists('/usr/local/bin/portage-farm')) ? 'farm' : 'plain'
      await client.must(['sh', '-c', `echo 'CFLAGS="-O1 -D${side}"' >>/etc/portage/make.conf`])
    },
    steps: [['app-toy/odd']],
  })
  t.strictSame(
    differences.filter(({ field }) => field === 'CFLAGS'),
    [{ where: 'package app-toy/odd-1', field: 'CFLAGS', plain: '-O1 -Dplain\n', farm: '-O1 -Dfarm\n' }],
  )
})

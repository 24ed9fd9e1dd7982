import t from 'tap'
import { commits, fails, goesHome, keepsGoing } from './scenarios.ts'
import { Twins } from './twins.ts'

/** The oldest Portage that is supported. The newest is what every other test runs on. */
const OLDEST = '3.0.52'

t.test(`the shim in Portage ${OLDEST}`, async t => {
  const twins = await Twins.start(t, 'app-toy/pkg-a app-toy/pkg-f', { portage: OLDEST })
  t.match(await twins.farm.must(['emerge', '--version']), `Portage ${OLDEST}`)
  for (const scenario of [commits, goesHome, fails, keepsGoing]) {
    await t.test(scenario.name, async t => {
      await scenario(t, twins)
    })
  }
})

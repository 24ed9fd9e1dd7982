import t from 'tap'
import { seedGraph } from '../lab/repo.ts'
import { builtOn, installed, lastRun, startLab, world } from './support.ts'

/** The oldest Portage that is supported. The newest is what every other test runs on. */
const OLDEST = '3.0.52'

t.test(`the graph of the wish with Portage ${OLDEST}`, async t => {
  const { client } = await startLab(t, { builders: 3, portage: OLDEST })
  await seedGraph(client)
  t.match(await client.must(['emerge', '--version']), `Portage ${OLDEST}`)
  t.match(await client.must(['portage-farm', 'plan', '--', 'app-toy/pkg-a']), /^5 packages in about /)
  const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
  t.equal(code, 0, all)
  t.strictSame(
    await installed(client),
    ['a', 'b', 'c', 'd', 'e'].map(name => `app-toy/pkg-${name}-1`),
  )
  t.strictSame(await world(client), ['app-toy/pkg-a'])
  const events = await lastRun(client)
  const hosts = ['b', 'c', 'd'].map(name => builtOn(events, `app-toy/pkg-${name}-1`))
  t.strictSame(hosts.sort(), ['farm-a', 'farm-b', 'farm-c'])
})

import t from 'tap'
import { findFaults } from '../real/check.ts'
import { addRealSoftware } from '../real/install.ts'
import { layers, PACKAGES, TARGETS } from '../real/layers.ts'
import { builtOn, installed, lastRun, leftovers, ofType, startLab, when } from './support.ts'

t.test('real software, compiled on the hosts against what other hosts have built', async t => {
  const lab = await startLab(t, { builders: 3 })
  const { client } = lab
  await addRealSoftware(client)
  t.ok(layers().length >= 3, `${layers().length} layers`)
  t.ok(PACKAGES.length >= 8, `${PACKAGES.length} packages`)

  const { code, all } = await client.run(['emerge', ...TARGETS], { timeout: 1800 })
  t.equal(code, 0, all)
  const events = await lastRun(client)

  await t.test('every package was built on a host, after what it needs', async t => {
    for (const { cpv, needs } of PACKAGES) {
      t.match(builtOn(events, cpv), /^farm-/, cpv)
      for (const need of needs)
        t.ok(when(events, 'job-started', cpv) >= when(events, 'committed', need), `${need} first`)
    }
    const hosts = new Set(ofType(events, 'committed').map(event => event.host))
    t.strictSame([...hosts].sort(), ['farm-a', 'farm-b', 'farm-c'])
    t.strictSame(ofType(events, 'attempt-failed'), [])
  })

  await t.test('the programs run here, with the libraries that were built', async t => {
    t.strictSame(await findFaults(client), [])
    t.strictSame(await installed(client), PACKAGES.map(each => each.cpv).sort())
    t.match(
      await client.must(['emerge', '--pretend', '--noreplace', '--update', '--deep', ...TARGETS]),
      /Total: 0|^[^[]*$/,
    )
  })

  await t.test('nothing is left on the hosts', async t => {
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
  })
})

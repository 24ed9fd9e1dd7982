import t, { type Test } from 'tap'
import { findFaults } from '../real/check.ts'
import { addRealSoftware } from '../real/install.ts'
import { layers, PACKAGES, TARGETS } from '../real/layers.ts'
import type { Lab, LabOptions } from '../lab/lab.ts'
import { builtOn, installed, lastRun, ofType, startLab, when } from './support.ts'
import { endWorkers, hostIsTidy, startWorkers, storeIsTidy } from './workers.ts'

/** Merges all of it, and says what is wrong with how that went, and with what came of it. */
async function mergesRealSoftware(t: Test, options: LabOptions): Promise<Lab> {
  const lab = await startLab(t, options)
  const { client } = lab
  const workers = lab.store === null ? [] : await startWorkers(lab)
  const hosts = [...lab.builders, ...lab.workers]
  await addRealSoftware(client)
  t.ok(layers().length >= 3, `${layers().length} layers`)
  t.ok(PACKAGES.length >= 8, `${PACKAGES.length} packages`)

  const { code, all } = await client.run(['emerge', ...TARGETS], { timeout: 1800 })
  t.equal(code, 0, all)
  const events = await lastRun(client)

  await t.test('every package was built on a host, after what it needs', async t => {
    const names = hosts.map(({ name }) => name)
    for (const { cpv, needs } of PACKAGES) {
      t.ok(names.includes(builtOn(events, cpv)), `${cpv} on ${builtOn(events, cpv)}`)
      for (const need of needs)
        t.ok(when(events, 'job-started', cpv) >= when(events, 'committed', need), `${need} first`)
    }
    const built = new Set(ofType(events, 'committed').map(event => event.host))
    t.strictSame([...built].sort(), names)
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
    // Workers end by themselves what emerge does not want any more.
    for (const host of hosts) await hostIsTidy(t, host, lab.store === null ? 0 : 10)
  })
  await endWorkers(t, workers)
  return lab
}

t.test('real software, compiled on the hosts against what other hosts have built', async t => {
  await mergesRealSoftware(t, { builders: 3 })
})

t.test('the same by workers that share a directory', async t => {
  await storeIsTidy(t, await mergesRealSoftware(t, { store: true, workers: 3 }))
})

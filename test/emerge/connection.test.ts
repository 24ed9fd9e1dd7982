import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { FarmEvent } from '../../lib/core/event.ts'
import { FARM_YAML, type Lab } from '../lab/lab.ts'
import { ebuilds, seedGraph } from '../lab/repo.ts'
import type { Running } from '../lab/running.ts'
import { installed, lastRun, leftovers, ofType, startLab } from './support.ts'

/** Seconds that a host which dies in the middle may cost. */
const MOST_SILENCE = 30

t.test('what becomes of builds whose connection is cut', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await seedGraph(client)
  await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n  - ssh: farm-b\n')

  /** Begins a build that takes a while. Resolves when it runs, with the host that has it. */
  const begin = async (cpv: string, seconds: number): Promise<{ emerge: Running; host: string; other: string }> => {
    await ebuilds(client, { [cpv]: { seconds } })
    const emerge = client.spawn(['emerge', '--oneshot', `=${cpv}`])
    const said = await emerge.until(new RegExp(`Building ${cpv}::gentoo on farm-[ab]`))
    const host = /on (farm-[ab])/.exec(said)?.[1] ?? ''
    await untilEvent(lab, 'build-started')
    return { emerge, host, other: host === 'farm-a' ? 'farm-b' : 'farm-a' }
  }
  const cleanHosts = async (): Promise<string[]> => (await Promise.all(lab.builders.map(leftovers))).flat()

  await t.test('ssh is killed: the build goes on, and is not begun again', async t => {
    const { emerge, host } = await begin('app-toy/slow-1', 12)
    await client.must(['pkill', '-9', '-x', 'ssh'])
    const { code, all } = await emerge.within(120)
    t.equal(code, 0, all)
    const events = await lastRun(client)
    t.match(ofType(events, 'host-silent').length, 2, 'both connections were cut')
    t.equal(ofType(events, 'host-back').length, 2)
    t.strictSame(ofType(events, 'job-started').length, 1)
    t.match(ofType(events, 'committed'), [{ host }])
    t.strictSame(await cleanHosts(), [])
  })

  await t.test('the network is away for a while', async t => {
    const { emerge, host } = await begin('app-toy/slow-2', 30)
    await lab.host(host).cutNetwork()
    await sleep(16_000)
    await lab.host(host).restoreNetwork()
    const { code, all } = await emerge.within(120)
    t.equal(code, 0, all)
    const events = await lastRun(client)
    t.match(ofType(events, 'host-silent'), [{ host }])
    t.match(ofType(events, 'host-back'), [{ host }])
    t.strictSame(ofType(events, 'host-lost'), [])
    t.equal(ofType(events, 'job-started').length, 1)
    t.strictSame(await cleanHosts(), [])
  })

  await t.test('the network stays away: another host builds it, and the lost one comes back', async t => {
    const { emerge, host, other } = await begin('app-toy/slow-3', 40)
    const cut = Date.now()
    await lab.host(host).cutNetwork()
    await emerge.until(new RegExp(`Building app-toy/slow-3::gentoo on ${other}`))
    await lab.host(host).restoreNetwork()
    const { code, all } = await emerge.within(180)
    t.equal(code, 0, all)
    const events = await lastRun(client)
    const [lost, ...again] = ofType(events, 'host-lost')
    t.equal(lost?.host, host)
    t.strictSame(again, [], 'once')
    const seconds = ((lost?.at ?? Infinity) - cut) / 1000
    t.ok(seconds <= MOST_SILENCE, `noticed after ${seconds} s`)
    const elsewhere = ofType(events, 'job-started').find(each => each.host === other)
    t.ok((elsewhere?.at ?? Infinity) - (lost?.at ?? 0) < 1000, 'and then the build does not wait')
    t.match(ofType(events, 'host-ready').at(-1), { host }, 'it was ready again')
    t.match(ofType(events, 'committed'), [{ host: other }])
    t.strictSame(await cleanHosts(), [])
  })

  await t.test('the keeper of the run is killed: its jobs end, and others take them over', async t => {
    // The run is over before that host would come back: what was kept there goes without that.
    const { emerge, host } = await begin('app-toy/slow-4', 6)
    await lab.host(host).must(['pkill', '-9', '-f', 'farm_keeper'])
    const { code, all } = await emerge.within(120)
    t.equal(code, 0, all)
    t.match(ofType(await lastRun(client), 'attempt-failed'), [{ host, fault: 'host' }])
    t.ok((await installed(client)).includes('app-toy/slow-4'))
    t.strictSame(await cleanHosts(), [])
  })
})

async function untilEvent(lab: Lab, type: FarmEvent['type']): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (ofType(await lastRun(lab.client), type).length > 0) return
    await sleep(200)
  }
  throw new Error(`no ${type} came`)
}

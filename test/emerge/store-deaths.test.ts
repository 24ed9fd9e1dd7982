/** Workers that sleep, die, and come back while they hold a build. */
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Lab } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { installed, lastRun, leftovers, ofType, startLab } from './support.ts'
import {
  attemptsAt,
  endWorkers,
  eventually,
  hostIsTidy,
  startWorkers,
  stories,
  storeIsTidy,
  whoSays,
  type Worker,
} from './workers.ts'

/** Seconds: a busy machine must not keep a worker from giving a sign for so long. */
const LEASE = 3

t.test('a build whose worker gives no sign of life is taken over', async t => {
  const lab = await startLab(t, { store: true, workers: 3 })
  const { client } = lab
  const workers = await startWorkers(lab, '--lease', String(LEASE))
  let version = 0

  /** A build, and who is at it: the rest of the test makes that one silent. Returns what emerge and the store say then. */
  const during = async (
    t: Test,
    seconds: number,
    silence: (worker: Worker, other: () => Promise<Worker>) => Promise<void>,
  ) => {
    const cpv = `app-toy/slow-${++version}`
    await ebuilds(client, { [cpv]: { seconds } })
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    const builds = new RegExp(`builds ${cpv}::`)
    const holder = await whoSays(workers, builds)
    // The build itself has begun.
    await emerge.until(/compile|Building/)
    await silence(holder, async () =>
      whoSays(
        workers.filter(each => each !== holder),
        builds,
      ),
    )
    const { code, all } = await emerge.within(240)
    t.equal(code, 0, all)
    t.ok((await installed(client)).includes(cpv))
    const those = await attemptsAt(lab, cpv)
    t.equal(those.filter(each => each.verdict?.outcome === 'committed').length, 1, 'one commit')
    return { cpv, holder, those }
  }

  const isTakenOver = async (t: Test, lab: Lab, { cpv, holder, those }: Awaited<ReturnType<typeof during>>) => {
    const [first, second, ...others] = stories(those)
    t.equal(first, `${holder.name} superseded`)
    t.match(second, /^worker-[abc] built committed$/)
    t.notMatch(second, holder.name, `${cpv} is another worker's`)
    t.strictSame(others, [])
    await storeIsTidy(t, lab)
  }

  for (const [what, stop] of [
    ['a worker’s process', (worker: Worker) => worker.stop()],
    ['all of a worker’s host', (worker: Worker) => worker.stopHost()],
  ] as const) {
    await t.test(`${what} sleeps for twice its lease`, async t => {
      const found = await during(t, 5, async (holder, other) => {
        await stop(holder)
        const began = performance.now()
        await other()
        await sleep(Math.max(0, 2 * LEASE * 1000 - (performance.now() - began)))
        await holder.go()
        await holder.until(/slow-\d+::gentoo.*taken away from this worker meanwhile/)
      })
      const said = new RegExp(`${found.cpv}::gentoo.*taken away from this worker meanwhile`)
      t.match(found.holder.said, said, 'it finds that its result is not wanted, and says so')
      await isTakenOver(t, lab, found)
      for (const { host } of workers) await hostIsTidy(t, host, 20)
    })
  }

  await t.test('a worker is killed, and started again', async t => {
    const found = await during(t, 5, async holder => holder.kill())
    await isTakenOver(t, lab, found)
    found.holder.again()
    await found.holder.until(/ works at /)
    await hostIsTidy(t, found.holder.host)
  })

  await t.test('a worker is killed, and not started again: what it began ends', async t => {
    const cpv = `app-toy/slow-${++version}`
    await ebuilds(client, { [cpv]: { seconds: 600 } })
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/slow'], { tty: true })
    const builds = new RegExp(`builds ${cpv}::`)
    const holder = await whoSays(workers, builds)
    await emerge.until(/compile|Building/)
    await holder.kill()
    await whoSays(
      workers.filter(each => each !== holder),
      builds,
    )
    t.not((await leftovers(holder.host)).length, 0, 'its processes are there')
    emerge.write('\x03')
    t.equal((await emerge.within(60)).code, 130)
    await hostIsTidy(t, holder.host, 100)
    holder.again()
    await holder.until(/ works at /)
  })

  await t.test('a worker’s host loses its power, and boots again', async t => {
    const found = await during(t, 5, async holder => holder.host.stop())
    await isTakenOver(t, lab, found)
    await found.holder.host.start()
    found.holder.again()
    await found.holder.until(/ works at /)
    const three = ['x', 'y', 'z'].map(name => `app-toy/${name}-1`)
    await ebuilds(client, Object.fromEntries(three.map(cpv => [cpv, { seconds: 15 }])))
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/x', 'app-toy/y', 'app-toy/z'])
    await eventually(() => (found.holder.words('builds').some(cpv => three.includes(cpv)) ? true : null))
    const { code, all } = await emerge.within(240)
    t.equal(code, 0, all)
    await storeIsTidy(t, lab)
    await hostIsTidy(t, found.holder.host)
  })

  await endWorkers(t, workers)
})

t.test('the only worker is ended in the middle, and started again', async t => {
  const lab = await startLab(t, { store: true, workers: 1 })
  const { client } = lab
  const workers = await startWorkers(lab)
  const [worker] = workers as [Worker]
  await ebuilds(client, { 'app-toy/base-1': { seconds: 6 }, 'app-toy/user-1': { depend: 'app-toy/base' } })
  const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/user'])
  await worker.until(/builds app-toy\/base-1::/)
  await emerge.until(/Building app-toy\/base/)
  t.equal((await worker.end()).code, 0)
  await sleep(3000)
  worker.again()
  const { code, all } = await emerge.within(240)
  t.equal(code, 0, all)
  t.strictSame(await installed(client), ['app-toy/base-1', 'app-toy/user-1'])
  t.strictSame(ofType(await lastRun(client), 'sent-home'), [], 'it is waited for')
  t.strictSame(stories(await attemptsAt(lab, 'app-toy/base-1')), ['worker-a cancelled', 'worker-a built committed'])
  await storeIsTidy(t, lab)
  await endWorkers(t, workers)
})

/** The graph of the wish on workers that share a store of some kind. */
import type { Test } from 'tap'
import type { FarmEvent } from '../../lib/core/event.ts'
import type { LabHost } from '../lab/host.ts'
import { connections } from '../lab/isolation.ts'
import type { Lab } from '../lab/lab.ts'
import { seedGraph } from '../lab/repo.ts'
import type { StoreOption } from '../lab/store.ts'
import { builtOn, installed, lastRun, ofType, startLab, when } from './support.ts'
import { attempts, begun, endWorkers, hostIsTidy, startWorkers, storedEvents, stories, storeIsTidy } from './workers.ts'

/** The packages of the graph. */
export const NAMES = ['a', 'b', 'c', 'd', 'e'].map(name => `app-toy/pkg-${name}-1`)
/** Seconds that each takes: all workers see what became ready in less. */
export const SECONDS = 8

/** e, then b, c and d at once on three workers, then a. */
export async function graphOnWorkers(
  t: Test,
  store: StoreOption,
  prepare: (client: LabHost) => Promise<void> = async () => Promise.resolve(),
): Promise<Lab> {
  const lab = await startLab(t, { store })
  const { client } = lab
  await prepare(client)
  await seedGraph(client, { seconds: SECONDS })
  t.strictSame(await connections(lab.hosts), [], 'no host has a network')
  const workers = await startWorkers(lab)
  const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'], { timeout: 850 })
  t.equal(code, 0, all)
  const events = await lastRun(client)

  await t.test('the order is that of the graph', t => {
    const start = (name: string): number => when(events, 'job-started', `app-toy/pkg-${name}-1`)
    const commit = (name: string): number => when(events, 'committed', `app-toy/pkg-${name}-1`)
    for (const name of ['b', 'c', 'd']) {
      t.ok(start(name) >= commit('e'), `${name} starts after the commit of e`)
      t.ok(start('a') >= commit(name), `a starts after the commit of ${name}`)
    }
    t.ok(Math.max(...['b', 'c', 'd'].map(start)) < Math.min(...['b', 'c', 'd'].map(commit)), 'b, c and d at once')
    const hosts = ['b', 'c', 'd'].map(name => builtOn(events, `app-toy/pkg-${name}-1`))
    t.strictSame(hosts.sort(), ['worker-a', 'worker-b', 'worker-c'], 'each on a worker of its own')
    t.match(builtOn(events, 'app-toy/pkg-e-1'), /^worker-/)
    t.match(builtOn(events, 'app-toy/pkg-a-1'), /^worker-/)
    t.end()
  })

  await t.test('each is built once, and the store says so', async t => {
    t.strictSame(begun(workers), Object.fromEntries(NAMES.map(name => [name, 1])))
    const all = stories(await attempts(lab))
    t.equal(all.length, 5)
    for (const each of all) t.match(each, /^worker-[abc] built committed$/)
    const committed = (those: FarmEvent[]): string[] => ofType(those, 'committed').map(each => each.package)
    t.strictSame(committed(await storedEvents(lab)), committed(events), 'with the events of the run')
    await storeIsTidy(t, lab)
    for (const { host } of workers) await hostIsTidy(t, host)
  })

  t.strictSame(await installed(client), NAMES)
  await endWorkers(t, workers)
  return lab
}

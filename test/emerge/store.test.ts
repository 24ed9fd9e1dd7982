/** A farm that is only a directory: an originator and three workers, and no network between any of them. */
import t from 'tap'
import { STORE, type Lab } from '../lab/lab.ts'
import { seedGraph } from '../lab/repo.ts'
import type { Running } from '../lab/running.ts'
import { builtOn, lastRun, startLab, world } from './support.ts'

/** Starts the worker of each host. */
export function startWorkers(lab: Lab, ...options: string[]): Running[] {
  return lab.workers.map(host => host.spawn(['portage-farm', 'work', STORE, ...options]))
}

t.test('emerge leaves its plan, workers build it', async t => {
  const lab = await startLab(t, { store: true })
  const { client } = lab
  await seedGraph(client, { seconds: 1 })
  const workers = startWorkers(lab)
  const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
  t.equal(code, 0, all)
  const events = await lastRun(client)
  t.comment(all)
  for (const host of lab.workers) await host.run(['pkill', '-f', 'portage-farm work'])
  for (const worker of workers) {
    const { code, all } = await worker.within(30)
    t.equal(code, 0, all)
    t.comment(all)
  }
  t.strictSame(await world(client), ['app-toy/pkg-a'])
  const names = ['a', 'b', 'c', 'd', 'e'].map(name => `app-toy/pkg-${name}-1`)
  for (const name of names) t.match(builtOn(events, name), /^worker-[abc]$/, `${name} was built by a worker`)
})

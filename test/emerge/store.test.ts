/** A farm that is only a directory: an originator and workers, and no network between any of them. */
import { join } from 'node:path'
import t from 'tap'
import { FARM_YAML, STORE } from '../lab/lab.ts'
import { ebuilds, seedGraph } from '../lab/repo.ts'
import { graphOnWorkers, SECONDS } from './store-graph.ts'
import { differences, installed, lastRun, ofType, outcome, startLab, world } from './support.ts'
import { attempts } from './workers.ts'

t.test('e, then b, c and d at once on three workers, then a', async t => {
  const { client } = await graphOnWorkers(t, true)

  await t.test('the client has what plain emerge installs', async t => {
    const plain = await startLab(t, { builders: 0, farmYaml: null })
    await seedGraph(plain.client)
    const stock = await plain.client.run(['emerge', 'app-toy/pkg-a'])
    t.equal(stock.code, 0, stock.all)
    // The same ebuilds, but for how long they sleep.
    await seedGraph(plain.client, { seconds: SECONDS })
    t.strictSame(await installed(client), await installed(plain.client))
    t.strictSame(await world(client), await world(plain.client))
    const own = [
      /^\/etc\/(portage\/farm\.yaml|hosts|hostname|machine-id|ld\.so\.cache|ssh(\/.*)?)$/,
      /^(\/root\/.*|\/mnt\/farm.*)$/,
      // How long it sleeps stands in what is kept of the ebuild.
      /^\/var\/db\/pkg\/.*\.ebuild$/,
    ]
    const different = differences(await outcome(plain.client), await outcome(client))
    t.strictSame(
      different.filter(line => !own.some(each => each.test(line.split(': ')[0] ?? ''))),
      [],
      'the systems are the same',
    )
  })
})

t.test('without workers, or without a store, emerge does its work', async t => {
  const lab = await startLab(t, { store: true, workers: 0 })
  const { client } = lab
  const argv = ['emerge', '--oneshot', 'app-toy/lone']
  const isBuiltHere = async (said: { code: number; all: string }): Promise<void> => {
    t.equal(said.code, 0, said.all)
    t.equal(ofType(await lastRun(client), 'home-started').length, 1)
    t.equal(ofType(await lastRun(client), 'committed').filter(each => each.host !== 'home').length, 0)
  }

  await t.test('no worker shows', async t => {
    await ebuilds(client, { 'app-toy/lone-1': {} })
    const began = performance.now()
    const said = await client.run(argv)
    await isBuiltHere(said)
    t.ok(performance.now() - began >= 10_000, 'they are waited for')
    t.equal(said.all.match(/no worker took the plan within 10 s/g)?.length, 1, said.all)
    t.match(said.all, `portage-farm work ${STORE}`, 'and what to do is said')
    t.strictSame(await attempts(lab), [])
  })

  await t.test('the directory is not there', async t => {
    await ebuilds(client, { 'app-toy/lone-2': {} })
    await client.write(FARM_YAML, 'store: /mnt/nothing\n')
    const said = await client.run(argv)
    await isBuiltHere(said)
    t.equal(said.all.match(/there is no directory \/mnt\/nothing \(is it mounted\?/g)?.length, 1, said.all)
  })

  await t.test('the directory is a mount point without its mount', async t => {
    await ebuilds(client, { 'app-toy/lone-5': {} })
    await client.must(['mkdir', '/mnt/later'])
    await client.write('/etc/fstab', 'nas.lan:/farm  /mnt/later  nfs  noauto  0 0\n')
    await client.write(FARM_YAML, 'store: /mnt/later\n')
    const said = await client.run(argv)
    await isBuiltHere(said)
    const line = /\/mnt\/later is a mount point in \/etc\/fstab, and nothing is mounted there: mount \/mnt\/later/g
    t.equal(said.all.match(line)?.length, 1, said.all)
    t.equal((await client.run(['portage-farm', 'work', '/mnt/later'])).code, 1, 'and no worker works there')
    t.equal(await client.must(['ls', '/mnt/later']), '', 'nothing is written to where it would be hidden')
  })

  await t.test('the directory cannot be written to', async t => {
    await ebuilds(client, { 'app-toy/lone-3': {}, 'app-toy/lone-4': {} })
    // As where the file system that is to be mounted there is not, and as where it is mounted so.
    for (const path of [join('/mnt', 'empty'), STORE]) {
      await client.must([
        'sh',
        '-ec',
        `mkdir -p ${path}; mount --bind ${path} ${path}; mount -o remount,bind,ro ${path}`,
      ])
      await client.write(FARM_YAML, `store: ${path}\n`)
      const said = await client.run(argv)
      await isBuiltHere(said)
      const line = new RegExp(`${path} cannot be written to: .*read-only`, 'gi')
      t.equal(said.all.match(line)?.length, 1, said.all)
      await client.must(['umount', path])
    }
  })
})

import t from 'tap'
import { FARM_YAML } from '../lab/lab.ts'
import { ebuilds, seedGraph } from '../lab/repo.ts'
import { installed, lastRun, leftovers, ofType, runCount, startLab } from './support.ts'

const HOST_LINES = (...names: string[]): string => `hosts:\n${names.map(name => `  - ssh: ${name}\n`).join('')}`

t.test('whatever is wrong with the farm, emerge does its work', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await seedGraph(client)

  await t.test('no host answers: one line says so, and everything is built here', async t => {
    await client.write(FARM_YAML, 'hosts:\n  - ssh: 10.77.0.200\n    name: nobody\nconnect-timeout: 4\n')
    const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
    t.equal(code, 0, all)
    t.equal(all.match(/no host can be used, so everything is built here \(nobody: .+\)/g)?.length, 1, all)
    t.equal((await installed(client)).length, 5)
    t.equal(ofType(await lastRun(client), 'home-started').length, 5)
  })

  await t.test('a wrong farm.yaml: nothing is started', async t => {
    await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    jobs: 0\n')
    const runs = await runCount(client)
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/pkg-e'])
    t.equal(code, 1)
    t.match(all, /farm\.yaml:3:5: hosts\[0\]\.jobs is 0/)
    t.match(all, 'PORTAGE_FARM=0')
    t.notMatch(all, 'Calculating dependencies', 'not even the resolution')
    t.equal(await runCount(client), runs)

    const aside = await client.run(['emerge', '--oneshot', 'app-toy/pkg-e'], { env: { PORTAGE_FARM: '0' } })
    t.equal(aside.code, 0, aside.all)
    t.notMatch(aside.all, 'portage-farm')
  })

  await t.test('no farm.yaml: plain emerge, no words', async t => {
    await client.must(['rm', FARM_YAML])
    const runs = await runCount(client)
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/pkg-e'])
    t.equal(code, 0, all)
    t.notMatch(all, 'portage-farm')
    t.equal(await runCount(client), runs)
  })

  await t.test('the library dies: what is not committed is built here', async t => {
    await client.write(FARM_YAML, HOST_LINES('farm-a', 'farm-b'))
    await ebuilds(client, { 'app-toy/slow-1': { seconds: 6 } })
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    await emerge.until(/Building app-toy\/slow/)
    await client.must(['pkill', '-9', '-f', 'cli.js bridge'])
    const { code, all } = await emerge.within(120)
    t.equal(code, 0, all)
    t.match(all, /building the rest here/)
    t.ok((await installed(client)).includes('app-toy/slow-1'))
  })

  await t.test('a host dies in the middle: another one takes over', async t => {
    await ebuilds(client, { 'app-toy/slow-2': { seconds: 6 } })
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    const started = await emerge.until(/Building app-toy\/slow-2::farm-test on farm-[ab]/)
    const name = /on (farm-[ab])/.exec(started)?.[1] ?? ''
    const host = lab.host(name)
    await host.stop()
    const { code, all } = await emerge.within(120)
    t.equal(code, 0, all)
    t.match(all, new RegExp(`${name} is not used`))
    const [lost] = ofType(await lastRun(client), 'host-lost')
    t.equal(lost?.host, name)
    await host.start()
  })

  await t.test('Ctrl-C ends everything, with the exit code of emerge', async t => {
    await ebuilds(client, { 'app-toy/slow-3': { seconds: 30 } })
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/slow'], { tty: true })
    await emerge.until(/Building app-toy\/slow-3/)
    emerge.write('\x03')
    const { code } = await emerge.within(30)
    t.equal(code, 130)
    for (const builder of lab.builders) {
      let left = await leftovers(builder)
      for (let i = 0; i < 50 && left.length > 0; i++) {
        await new Promise(resolve => setTimeout(resolve, 200))
        left = await leftovers(builder)
      }
      t.strictSame(left, [], builder.name)
    }
  })
})

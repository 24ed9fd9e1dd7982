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
    const started = await emerge.until(/Building app-toy\/slow-2::gentoo on farm-[ab]/)
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

  await t.test('no space here for what hosts built: that is said, and no host is blamed', async t => {
    await ebuilds(client, {
      'app-toy/big-1': { body: 'src_install() { head -c 1M /dev/urandom > "${T}"/x; doins "${T}"/x; }' },
    })
    const store = '/var/cache/portage-farm'
    await client.must(['sh', '-c', `mkdir -p ${store} && mount -t tmpfs -o size=64k none ${store}`])
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/big'])
    await client.must(['umount', store])
    t.equal(code, 0, all)
    t.match(all, /app-toy\/big-1.* failed on farm-[ab]: this system cannot be written to: .*No space left on device/)
    const events = await lastRun(client)
    t.match(ofType(events, 'attempt-failed'), [{ fault: 'client' }], 'once: another host changes nothing')
    t.notMatch(JSON.stringify(ofType(events, 'host-lost')), 'in a row')
    t.ok((await installed(client)).includes('app-toy/big-1'), 'Portage built it')
  })

  await t.test('a host that is silent from the start costs its connect-timeout, once', async t => {
    await seedGraph(client)
    await client.must(['rm', '-rf', '/var/db/pkg/app-toy'])
    const silent = lab.host('farm-b')
    // The kernel takes connections, and nobody answers.
    await silent.must(['pkill', '-STOP', 'sshd'])
    const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
    await silent.must(['pkill', '-CONT', 'sshd'])
    t.equal(code, 0, all)
    const events = await lastRun(client)
    const [lost, ...again] = ofType(events, 'host-lost')
    t.match(lost, { host: 'farm-b' })
    t.strictSame(again, [], 'once')
    const began = events[0]?.at ?? 0
    const seconds = ((lost?.at ?? Infinity) - began) / 1000
    t.ok(seconds <= 10.5, `${seconds} s until it was given up: connect-timeout is 10 by default`)
    t.ok((ofType(events, 'job-started')[0]?.at ?? Infinity) < (lost?.at ?? 0), 'the other host did not wait for it')
    const merged = ofType(events, 'installed')[0]?.at ?? Infinity
    t.ok(merged - (lost?.at ?? 0) < 10_000, 'what waited for it waits no longer')
    t.equal(ofType(events, 'job-started').filter(each => each.host === 'farm-b').length, 0)
  })

  await t.test('Ctrl-C ends everything, with the exit code of emerge', async t => {
    await ebuilds(client, { 'app-toy/slow-3': { seconds: 30 } })
    // The shell lives on, as a user's does, and tells what the terminal was and is.
    const script = 'trap : INT; stty -a; echo @@@; emerge --oneshot app-toy/slow; echo "@@@ code $? @@@"; stty -a'
    const emerge = client.spawn(['bash', '-c', script], { tty: true })
    await emerge.until(/Building app-toy\/slow-3/)
    const pressed = Date.now()
    emerge.write('\x03')
    const { all } = await emerge.within(30)
    const [before, , code, after] = all.split('@@@')
    t.equal(code, ' code 130 ')
    t.equal(after?.trim(), before?.trim(), 'the terminal is as it was')
    for (const builder of lab.builders) {
      let left = await leftovers(builder)
      while (left.length > 0 && Date.now() < pressed + 10_000) {
        await new Promise(resolve => setTimeout(resolve, 200))
        left = await leftovers(builder)
      }
      t.strictSame(left, [], `${builder.name}: nothing is left within 10 s`)
    }
  })
})

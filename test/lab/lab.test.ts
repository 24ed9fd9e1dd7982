import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { FARM_DIR, Lab, missing } from './lab.ts'
import { ebuild, installedPath, seedGraph } from './repo.ts'
import { traces, vanished } from './traces.ts'

const lacking = await missing()
// The first start on a machine makes the images, and a machine may be busy.
const timeout = 900_000
t.setTimeout(timeout)
const options = { skip: lacking.length > 0 && lacking.join('; '), timeout }

await t.test('a farm starts, works and vanishes', options, async t => {
  const lab = await Lab.start({ install: false, builders: 2 })
  t.teardown(() => lab.stop())
  const { client } = lab
  const farmA = lab.host('farm-a')

  await t.test('the client is a little Gentoo', { timeout }, async t => {
    t.match(await client.must(['emerge', '--version']), /^Portage 3\.0\.83 /)
    t.equal(await client.must(['node', '--version']), `${process.version}\n`)
    const environment = await client.must(['env'])
    t.match(environment, /^HOME=\/root$/m)
    t.notMatch(environment, /NODE|npm|TAP/, 'nothing of this process’s environment is there')

    await seedGraph(client)
    const before = await client.files('/usr')
    const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
    t.equal(code, 0, all)
    const after = await client.files('/usr')
    t.same(
      [...after.keys()].filter(path => !before.has(path)),
      ['', 'a', 'b', 'c', 'd', 'e'].map(x => (x === '' ? '/usr/share/toy' : installedPath(`app-toy/pkg-${x}-1`))),
    )
    t.match(await client.read(installedPath('app-toy/pkg-a-1')), /^app-toy\/pkg-a-1:0 /)
    t.equal(await client.read('/var/lib/portage/world'), 'app-toy/pkg-a\n')
  })

  await t.test('a terminal is one', { timeout }, async t => {
    await ebuild(client, 'app-toy/asked-1')
    const emerge = client.spawn(['emerge', '--ask', 'app-toy/asked'], { tty: true })
    await emerge.until(/\[Yes\/No\]/)
    emerge.write('No\n')
    t.equal((await emerge.within(60)).code, 130)

    // Not `sh -c 'echo here; sleep 600'`: dash loses a Ctrl-C that comes while it starts the second.
    const waiting = client.spawn(['cat'], { tty: true })
    waiting.write('here\n')
    await waiting.until(/here\s+here/)
    waiting.write('\x03')
    t.equal((await waiting.within(20)).code, 130)
  })

  await t.test('exit codes, input and signals come through', { timeout }, async t => {
    t.match(await client.run(['sh', '-c', 'echo out; echo err >&2; exit 7']), {
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    })
    t.equal(await client.must(['cat'], { input: 'text' }), 'text')
    t.equal((await client.run(['sh', '-c', 'kill -9 $$'])).code, 137)
    await t.rejects(client.run(['sleep', '60'], { timeout: 0.1 }), /did not end within/)
    const alone = client.spawn(['cat'])
    alone.write('here')
    await alone.until(/here/)
    await alone.killAlone('SIGTERM')
    t.equal((await alone.result).code, 143)

    await client.write('/root/a/file', 'x', 0o600)
    t.equal(await client.read('/root/a/file'), 'x')
    t.match((await client.files('/root/a')).get('/root/a/file'), /^-rw------- 0:0 /)
  })

  await t.test('builders are reached by ssh, and have only what a builder needs', { timeout }, async t => {
    for (const builder of lab.builders) {
      t.equal(await client.must(['ssh', builder.name, 'hostname']), `${builder.name}\n`)
      t.equal(await client.must(['ssh', builder.address, 'hostname']), `${builder.name}\n`)
      for (const program of ['gcc', 'cc', 'make', 'emerge', 'node']) {
        t.not((await builder.run(['sh', '-c', `command -v ${program}`])).code, 0, `no ${program}`)
      }
    }
    const strict = await client.run(['ssh', '-o', 'UserKnownHostsFile=/dev/null', 'farm-a', 'true'])
    t.equal(strict.code, 255, 'a host without a known key is refused')
  })

  await t.test('a builder can make job roots', { timeout }, async t => {
    const script = `cd /var/lib/portage-farm; mkdir lower upper work root; echo below >lower/file
      unshare --mount --pid --net --ipc --uts --fork --kill-child --mount-proc sh -ec '
        mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay root
        mkdir root/proc root/dev; mount -t proc proc root/proc; mount -t tmpfs tmpfs root/dev
        mknod root/dev/null c 1 3; mkdir root/dev/pts; mount -t devpts -o newinstance devpts root/dev/pts
        echo above >>root/file'
      cat upper/file`
    t.equal(await client.must(['ssh', 'farm-a', script]), 'below\nabove\n')
  })

  await t.test('a cut network hangs, and comes back', { timeout }, async t => {
    const talk = client.spawn(['ssh', 'farm-a', 'while sleep 0.1; do echo tick; done'])
    await talk.until(/tick/)
    await farmA.cutNetwork()
    await sleep(300)
    const silent = talk.output
    await sleep(700)
    t.equal(talk.output, silent)
    t.notOk(talk.ended)
    t.equal((await client.run(['ssh', '-o', 'ConnectTimeout=1', 'farm-a', 'true'])).code, 255)
    t.equal(await client.must(['ssh', 'farm-b', 'hostname']), 'farm-b\n', 'the others are not concerned')
    await farmA.restoreNetwork()
    t.equal(await client.must(['ssh', 'farm-a', 'hostname']), 'farm-a\n')
    for (let i = 0; talk.output === silent && i < 300; i++) await sleep(100)
    t.not(talk.output, silent, 'the old connection goes on')
    talk.kill('SIGTERM')
  })

  await t.test('a host dies and boots again', { timeout }, async t => {
    const build = client.spawn([
      'ssh',
      '-o',
      'ServerAliveInterval=1',
      '-o',
      'ServerAliveCountMax=2',
      'farm-b',
      'sleep 600',
    ])
    const farmB = lab.host('farm-b')
    await farmB.must([
      'sh',
      '-c',
      'until pgrep -x sleep; do sleep 0.05; done; echo kept >/root/note; echo lost >/tmp/note',
    ])
    await farmB.stop()
    t.notOk(farmB.running)
    t.throws(() => farmB.spawn(['true']), /not running/)
    t.equal((await build.within(30)).code, 255)
    await farmB.start()
    t.equal(await client.must(['ssh', 'farm-b', 'cat /root/note; ls /tmp']), 'kept\n')
    t.not((await farmB.run(['pgrep', '-x', 'sleep'])).code, 0)
  })

  await t.test('a host goes back to the state that it was frozen in', { timeout }, async t => {
    const farmA = lab.host('farm-a')
    // The second directory is a plain one, the first is part of the overlay.
    const notes = ['/etc/note', `${FARM_DIR}/note`]
    for (const note of notes) await farmA.write(note, 'frozen\n')
    await farmA.freeze()
    await farmA.must(['rm', '/etc/hostname'])
    for (const note of notes) await farmA.write(note, 'later\n')
    await farmA.reset()
    for (const note of notes) t.equal(await farmA.read(note), 'frozen\n')
    t.ok(await farmA.exists('/etc/hostname'))
  })

  await t.test('nothing of it shows on the machine, and nothing is left', { timeout }, async t => {
    t.notMatch(await readFile('/proc/self/mountinfo', 'utf8'), lab.directory)
    t.ok((await traces(lab.directory)).length > 3)
    await client.spawn(['setsid', 'sh', '-c', 'trap "" TERM HUP INT; echo here; sleep 600']).until(/here/)
    await lab.stop()
    t.same(await traces(lab.directory), [])
    t.notOk(existsSync(lab.directory))
  })
})

for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM'] as const) {
  await t.test(`a farm whose owner dies of ${signal} vanishes`, options, async t => {
    const program = join(import.meta.dirname, `abandon${extname(import.meta.filename)}`)
    const owner = spawn(process.execPath, [...process.execArgv, program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = (await once(owner.stdout, 'data')) as [Buffer]
    const directory = said.toString().trim()
    t.ok((await traces(directory)).length > 2)
    owner.kill(signal)
    t.same(await vanished(directory), [])
    const cgroups = await Promise.all(
      ['cpu', ''].map(async each => readdir(join('/sys/fs/cgroup', each)).catch(() => [])),
    )
    t.same(
      cgroups.flat().filter(name => name.startsWith(`farm-lab-${owner.pid}-`)),
      [],
    )
  })
}

await t.test('two farms do not meet', options, async t => {
  const labs = await Promise.all([1, 2].map(() => Lab.start({ install: false, builders: 1 })))
  t.teardown(() => Promise.all(labs.map(lab => lab.stop())))
  const ids = await Promise.all(labs.map(lab => lab.client.must(['ssh', 'farm-a', 'cat /etc/machine-id'])))
  t.not(ids[0], ids[1])
})

await t.test('the oldest Portage works too', options, async t => {
  const lab = await Lab.start({ install: false, builders: 0, portage: '3.0.52' })
  t.teardown(() => lab.stop())
  t.match(await lab.client.must(['emerge', '--version']), /^Portage 3\.0\.52 /)
  await ebuild(lab.client, 'app-toy/small-1', { iuse: '+fun' })
  const { code, all } = await lab.client.run(['emerge', 'app-toy/small'])
  t.equal(code, 0, all)
  t.match(await lab.client.read(installedPath('app-toy/small-1')), /\bfun\b/)
})

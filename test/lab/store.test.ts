import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { LabHost } from './host.ts'
import { connections } from './isolation.ts'
import { FARM_YAML, Lab, missing, missingForShownStore, STORE } from './lab.ts'
import { script } from './place.ts'
import type { Running } from './running.ts'
import type { StoreOption } from './store.ts'
import { traces, vanished } from './traces.ts'

const lacking = await missing()
const lackingForShown = [...lacking, ...(await missingForShownStore())]
const timeout = 900_000
t.setTimeout(timeout)
const skipIf = (what: string[]) => ({ skip: what.length > 0 && what.join('; '), timeout })

async function start(t: Test, store: StoreOption, workers: number): Promise<Lab> {
  const lab = await Lab.start({ store, workers, install: false })
  t.teardown(() => lab.stop())
  return lab
}

/** A Python on the host, in the shared directory, that is told one line after another, and answers each. */
function python(host: LabHost): Running {
  const talk =
    'import os, sys\nfor line in sys.stdin:\n  try: exec(line)\n  except OSError as e: print(e.strerror)\n  print("done")'
  return host.spawn(['python3', '-u', '-c', talk], { cwd: STORE })
}

async function told(running: Running, line: string): Promise<string> {
  const before = running.output.length
  running.write(`${line}\n`)
  for (let i = 0; !running.output.slice(before).endsWith('done\n') && i < 1000; i++) await sleep(10)
  return running.output.slice(before).replace(/done\n$/, '')
}

const sh = async (host: LabHost, line: string): Promise<string> =>
  (await host.run(['sh', '-c', line], { cwd: STORE })).all

async function race(t: Test, lab: Lab): Promise<void> {
  await t.test('of those who link a name at a time, one does', { timeout }, async t => {
    const rounds = 200
    const program = await readFile(script('race.py'), 'utf8')
    const racers = lab.hosts.map(host => host.spawn(['python3', '-c', program, String(rounds)]))
    await Promise.all(racers.map(racer => racer.until(/ready/)))
    const begin = Date.now() / 1000 + 0.2
    for (const racer of racers) racer.write(`${begin}\n`)
    const winners = new Map<number, string[]>()
    for (const [i, racer] of racers.entries()) {
      const won = /^won(.*)$/m.exec(await racer.until(/^won.*\n/m, 120))?.[1] ?? ''
      for (const round of won.split(' ').slice(1).map(Number)) {
        winners.set(round, [...(winners.get(round) ?? []), lab.hosts[i]?.name ?? ''])
      }
    }
    t.equal(winners.size, rounds)
    t.same(
      [...winners].filter(([, names]) => names.length !== 1),
      [],
      'no round has two winners',
    )
    const wins = lab.hosts.map(({ name }) => [...winners.values()].filter(names => names.includes(name)).length)
    t.comment(`won by each: ${wins.join(', ')}`)
    t.ok(wins.filter(count => count > 0).length > 1, 'it was a race')
    for (const [round, names] of winners) {
      if ((await readFile(join(lab.store ?? '', `lock.${round}`), 'utf8')) !== names[0])
        t.fail(`lock.${round} is not ${names[0] ?? ''}'s`)
    }
  })
}

/** Whatever kind of shared directory it is. NFS 3 has no extended attributes. */
async function sharing(t: Test, lab: Lab, hasAttributes = true): Promise<void> {
  const [client, a] = [lab.client, lab.host('worker-a')]

  await t.test('what one makes, the other has', { timeout }, async t => {
    await client.write(`${STORE}/one`, 'text', 0o640)
    await client.must(['ln', `${STORE}/one`, `${STORE}/two`])
    await client.must(['chown', '250:123', `${STORE}/one`])
    await client.must(['ln', '-s', 'one', `${STORE}/link`])
    t.equal(await a.read(`${STORE}/link`), 'text')
    t.equal(await a.must(['stat', '-c', '%h %a %u %g', `${STORE}/two`]), '2 640 250 123\n')
    const inodes = await a.must(['stat', '-c', '%i', `${STORE}/one`, `${STORE}/two`])
    t.equal(new Set(inodes.trim().split('\n')).size, 1, 'one file by two names')
    if (hasAttributes) {
      await client.must(['python3', '-c', 'import os; os.setxattr("/mnt/farm/one", "user.farm", b"value")'])
      const value = await a.must(['python3', '-c', 'import os; print(os.getxattr("/mnt/farm/two", "user.farm"))'])
      t.equal(value, "b'value'\n")
    }
    await client.must(['mkdir', `${STORE}/new`])
    await client.must(['mv', `${STORE}/two`, `${STORE}/new/three`])
    t.equal(await a.read(`${STORE}/new/three`), 'text')
    t.equal(await readFile(join(lab.store ?? '', 'new/three'), 'utf8'), 'text', 'and it is in the directory itself')
  })

  await race(t, lab)

  await t.test('it can be what job roots lie on', { timeout }, async t => {
    const script = `mkdir -p ${STORE}/lower; echo below >${STORE}/lower/file; cd /var/lib/portage-farm; mkdir upper work root
      unshare --mount sh -ec 'mount -t overlay -o lowerdir=${STORE}/lower,upperdir=upper,workdir=work overlay root
        echo above >>root/file'
      cat upper/file`
    t.equal(await a.must(['sh', '-ec', script]), 'below\nabove\n')
  })

  await t.test('a host that stops has it no more, and has it again', { timeout }, async t => {
    await a.write(`${STORE}/note`, 'kept')
    const disk = join(lab.directory, 'worker-a/')
    t.ok((await traces(disk)).length > 0)
    await a.stop()
    t.same(await gone(disk), [])
    t.equal(await client.read(`${STORE}/note`), 'kept', 'the others go on')
    await a.start()
    t.equal(await a.read(`${STORE}/note`), 'kept')
  })
}

/** What is left of a host that was stopped, after some seconds at most. */
async function gone(disk: string): Promise<string[]> {
  for (let i = 0; i < 50 && (await traces(disk)).length > 0; i++) await sleep(100)
  return traces(disk)
}

/** Nothing is left of the lab, looked at from this machine. */
async function ends(t: Test, lab: Lab): Promise<void> {
  t.notMatch(await readFile('/proc/self/mountinfo', 'utf8'), lab.directory)
  await lab.stop()
  t.same(await traces(lab.directory), [])
  t.notOk(existsSync(lab.directory))
}

await t.test('hosts without a network share a directory', skipIf(lacking), async t => {
  const lab = await start(t, true, 2)
  const { client } = lab

  await t.test('nothing else connects them', { timeout }, async t => {
    t.same(
      lab.hosts.map(({ name, address }) => [name, address]),
      ['client', 'worker-a', 'worker-b'].map(name => [name, '']),
    )
    t.same(await connections(lab.hosts), [])
    for (const host of lab.hosts) {
      t.equal(await host.must(['ls', '/sys/class/net']), 'lo\n')
      t.equal((await host.must(['hostname', '-I'])).trim(), '', 'no address')
    }
    const listen =
      'import socket; s = socket.create_server(("127.0.0.1", 5555)); print("listening", flush=True); s.accept()'
    const server = client.spawn(['python3', '-c', listen])
    await server.until(/listening/)
    const connect = 'import socket, sys; socket.create_connection((sys.argv[1], 5555), 2)'
    for (const host of lab.workers) {
      t.match(await host.run(['python3', '-c', connect, '127.0.0.1']), { code: 1, stderr: /Connection refused/ })
      t.match(await host.run(['python3', '-c', connect, '10.77.0.10']), { code: 1, stderr: /Network is unreachable/ })
      t.match(await host.run(['python3', '-c', connect, 'client']), { code: 1, stderr: /gaierror/ })
    }
    t.equal((await client.run(['python3', '-c', connect, '127.0.0.1'])).code, 0, 'the client itself gets there')
    await t.rejects(client.cutNetwork(), /has no network/)
  })

  await t.test('a worker has Node, and nothing to build with or to be reached by', { timeout }, async t => {
    for (const worker of lab.workers) {
      t.equal(await worker.must(['node', '--version']), `${process.version}\n`)
      for (const program of ['python3', 'rsync', 'mount', 'unshare']) await worker.must(['which', program])
      for (const program of ['gcc', 'cc', 'make', 'emerge', 'ssh', 'sshd']) {
        t.not((await worker.run(['sh', '-c', `command -v ${program}`])).code, 0, `no ${program}`)
      }
    }
    t.equal(await client.read(FARM_YAML), 'store: /mnt/farm\n')
  })

  await sharing(t, lab)

  await ends(t, lab)
})

await t.test('a shared directory that behaves as NFS does', skipIf(lackingForShown), async t => {
  const lab = await start(t, { seconds: 6, delay: [1, 10] }, 2)
  const [a, b] = lab.workers as [LabHost, LabHost]
  // Longer than anything is remembered.
  const forget = () => sleep(6200)

  t.match(await a.must(['findmnt', '--noheadings', '--output', 'FSTYPE', STORE]), /^fuse\.cachefs$/m)
  t.same(await connections(lab.hosts), [])
  await sharing(t, lab)

  await t.test('names, attributes and listings are remembered; open() asks', { timeout }, async t => {
    await sh(a, 'mkdir c; echo old >c/file')
    t.match(await sh(b, 'ls c; stat -c %s c/file; cat c/new'), /^file\n4\n.*No such file/)
    await sh(a, 'echo longer >c/file; echo new >c/new')
    t.match(await sh(b, 'ls c; stat -c %s c/file; cat c/new'), /^file\n4\n.*No such file/, 'what b sees is old')
    t.equal(await sh(b, 'cat c/file; stat -c %s c/file'), 'longer\n7\n', 'but not what it opens')
    t.equal(await sh(b, 'ln c/file c/new 2>&1 | grep -o "File exists"'), 'File exists\n', 'and not what it makes')
    t.match(await sh(b, 'touch c/own; ls c'), /^file\nnew\nown\n/, 'what it did itself it sees')
    await forget()
    t.equal(await sh(b, 'cat c/new'), 'new\n', 'it comes to see all')
  })

  await t.test('what is written is there when it is closed or synchronised', { timeout }, async t => {
    const writer = python(a)
    await told(writer, 'f = open("written", "wb", buffering=0)')
    await told(writer, 'f.write(b"one")')
    t.equal(await sh(b, 'cat written'), '')
    await told(writer, 'os.fsync(f.fileno())')
    t.equal(await sh(b, 'cat written'), 'one')
    await told(writer, 'f.write(b"two")')
    t.equal(await sh(b, 'cat written'), 'one')
    await told(writer, 'f.close()')
    t.equal(await sh(b, 'cat written'), 'onetwo')
    writer.end()
  })

  await t.test('a file that another host replaced is stale for who has it open', { timeout }, async t => {
    await sh(a, 'echo first >replaced')
    const reader = python(b)
    await told(reader, 'f = open("replaced")')
    await sh(a, 'echo second >other; mv other replaced')
    t.equal(await told(reader, 'print(f.read())'), 'Stale file handle\n')
    t.equal(await sh(b, 'cat replaced'), 'second\n', 'who opens it now has the new one')
    // What it removed itself it may go on with.
    await told(reader, 'f = open("replaced"); os.unlink("replaced")')
    t.equal(await told(reader, 'print(f.read())'), 'second\n\n')
    reader.end()
  })

  await t.test('a server that does not answer is waited for, by this host alone', { timeout }, async t => {
    await a.hangStore()
    const waits = a.spawn(['sh', '-c', `echo begun; ls ${STORE}/nothing/yet; echo over`])
    await waits.until(/begun/)
    t.match(await sh(b, 'cat written'), 'onetwo')
    await sleep(500)
    t.notMatch(waits.output, /over/)
    await a.resumeStore()
    await waits.until(/over/)
  })

  await t.test('a host can be stopped while it waits', { timeout }, async t => {
    await b.hangStore()
    const waits = b.spawn(['sh', '-c', `echo begun; ls ${STORE}/nothing/here; echo over`])
    await waits.until(/begun/)
    await b.stop()
    t.notMatch((await waits.within(20)).all, /over/)
    await b.start()
    t.match(await sh(b, 'cat written'), 'onetwo')
  })

  await ends(t, lab)
})

await t.test('a shared directory from a real NFS server', skipIf(lackingForShown), async t => {
  const lab = await start(t, 'nfs', 2)
  const [a, b] = lab.workers as [LabHost, LabHost]
  t.match(await a.must(['findmnt', '--noheadings', '--output', 'FSTYPE', STORE]), /^fuse\.nfsfs$/m)
  t.same(await connections(lab.hosts), [], 'the hosts themselves have no network')
  await sharing(t, lab, false)

  await t.test('what one has closed, the other opens', { timeout }, async t => {
    for (const text of ['first', 'other', 'longer than that', 'x']) {
      await sh(a, `echo ${text} >file`)
      t.equal(await sh(b, 'cat file; stat -c %s file'), `${text}\n${text.length + 1}\n`)
    }
    await sh(
      a,
      'mkfifo pipe; mkdir -p roots; echo "echo runs" >roots/program; chmod 4755 roots/program; touch -d @7 file',
    )
    // Longer than attributes are believed.
    await sleep(1200)
    t.match(await sh(b, 'stat -c "%F %a %Y" pipe roots/program file'), /^fifo 644 .*\nregular file 4755 .*\n.* 7\n$/)
    t.equal(await sh(b, 'sh roots/program'), 'runs\n')
  })

  await t.test('a server that does not answer is waited for', { timeout }, async t => {
    await lab.server?.hang()
    const waits = a.spawn(['sh', '-c', `echo begun; ls ${STORE}/nothing/yet; echo over`])
    await waits.until(/begun/)
    await sleep(1000)
    t.notMatch(waits.output, /over/)
    await lab.server?.resume()
    await waits.until(/over/)
  })
  await ends(t, lab)
})

await t.test('answers of the server may be lost', skipIf(lackingForShown), async t => {
  const lab = await start(t, { seconds: 1, delay: [0, 5], lost: 0.3, quick: ['roots'] }, 2)
  await race(t, lab)

  await t.test('but none about copies of roots', { timeout }, async t => {
    const lost = 'for i in $(seq 40); do mkdir "$1/$i"; done 2>&1 | grep -c "File exists"'
    await lab.client.run(['mkdir', `${STORE}/roots`])
    t.ok(Number((await lab.client.run(['sh', '-c', lost, 'lost', STORE])).stdout) > 0)
    t.equal((await lab.client.run(['sh', '-c', lost, 'lost', `${STORE}/roots`])).stdout, '0\n')
  })
  await ends(t, lab)
})

for (const kind of ['cached', 'nfs']) {
  await t.test(`a farm with such a directory vanishes with its owner: ${kind}`, skipIf(lackingForShown), async t => {
    const program = join(import.meta.dirname, `abandon${extname(import.meta.filename)}`)
    const owner = spawn(process.execPath, [...process.execArgv, program, kind], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said] = (await once(owner.stdout, 'data')) as [Buffer]
    const directory = said.toString().trim()
    t.ok((await traces(directory)).length > 2)
    owner.kill('SIGKILL')
    t.same(await vanished(directory), [])
  })
}

import t from 'tap'
import type { Lab } from '../lab/lab.ts'
import { seedGraph } from '../lab/repo.ts'
import {
  differences,
  builtOn,
  installed,
  lastRun,
  leftovers,
  ofType,
  ownFiles,
  startLab,
  when,
  world,
} from './support.ts'

/** A file in each kind of place that never leaves the client. */
const SECRETS = [
  '/root/.ssh/id_rsa',
  '/root/notes',
  '/home/somebody/diary',
  '/home/somebody/.ssh/id_ed25519',
  '/etc/shadow-',
  '/etc/ssl/private/server.key',
  '/etc/ssh/ssh_host_marked_key',
  '/etc/wireguard/wg0.conf',
  '/etc/NetworkManager/system-connections/home.nmconnection',
  '/etc/portage/gnupg/private-keys-v1.d/key',
  '/opt/program/.netrc',
  '/srv/data',
  '/var/lib/private/state',
  '/var/log/messages',
  '/var/spool/mail/root',
  '/var/tmp/scratch',
  '/var/cache/something',
  '/mnt/stick/file',
  '/usr/share/app/id_ed25519',
]
const MARK = 'portage-farm-test: this must never leave the client'

t.test('the graph of the wish: e, then b, c and d at once, then a', async t => {
  const lab = await startLab(t)
  const { client } = lab
  await seedGraph(client, { seconds: 5 })
  for (const path of SECRETS) await client.write(path, `${MARK}\n`)
  await client.must(['sh', '-c', `sed -i 's/^root:[^:]*/root:${MARK.replaceAll(/\W/g, '')}/' /etc/shadow`])
  const before = new Map(await Promise.all(lab.builders.map(async each => [each.name, await ownFiles(each)] as const)))

  const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
  t.equal(code, 0, all)
  const events = await lastRun(client)
  const start = (name: string): number => when(events, 'job-started', `app-toy/pkg-${name}-1`)
  const commit = (name: string): number => when(events, 'committed', `app-toy/pkg-${name}-1`)

  t.test('the order is that of the graph', async t => {
    t.equal(ofType(events, 'job-started')[0]?.package, 'app-toy/pkg-e-1::gentoo', 'e is first')
    for (const name of ['b', 'c', 'd']) {
      t.ok(start(name) >= commit('e'), `${name} starts after the commit of e`)
      t.ok(start('a') >= commit(name), `a starts after the commit of ${name}`)
    }
    const lastStart = Math.max(...['b', 'c', 'd'].map(start))
    const firstCommit = Math.min(...['b', 'c', 'd'].map(commit))
    t.ok(lastStart < firstCommit, 'b, c and d are built at the same time')
    const hosts = ['b', 'c', 'd'].map(name => builtOn(events, `app-toy/pkg-${name}-1`))
    t.strictSame(hosts.sort(), ['farm-a', 'farm-b', 'farm-c'], 'each on a host of its own')
  })

  t.test('the client has what emerge would have installed', async t => {
    t.strictSame(
      await installed(client),
      ['a', 'b', 'c', 'd', 'e'].map(name => `app-toy/pkg-${name}-1`),
    )
    t.strictSame(await world(client), ['app-toy/pkg-a'])
  })

  t.test('phases of the jobs are in the event log', async t => {
    const phases = ofType(events, 'phase').filter(event => event.package.startsWith('app-toy/pkg-e-1::'))
    t.match(phases.map(event => event.phase).join(' '), /setup unpack prepare configure compile.* install/)
  })

  t.test('emerge ends within two merges of the last commit', async t => {
    const merges = ofType(events, 'installed').map(event => event.at)
    const last = Math.max(...ofType(events, 'committed').map(event => event.at))
    const end = ofType(events, 'run-ended')[0]?.at ?? Infinity
    const longest = Math.max(await oneBinaryMerge(lab), await oneBinaryMerge(lab), await oneBinaryMerge(lab))
    t.equal(merges.length, 5)
    t.equal(merges.filter(at => at > last).length, 1, 'what could be merged before was')
    t.ok(end - last <= 2 * longest, `it took ${end - last} ms; one merge of a binary package takes ${longest} ms`)
  })

  t.test('nothing of the builders has changed, and nothing is left running', async t => {
    for (const builder of lab.builders) {
      t.strictSame(
        differences(before.get(builder.name) ?? new Map<string, string>(), await ownFiles(builder)),
        [],
        builder.name,
      )
      t.strictSame(await leftovers(builder), [], builder.name)
    }
  })

  t.test('no secret has reached a builder', async t => {
    for (const builder of lab.builders) {
      const found = await builder.run([
        'grep',
        '-rlE',
        `${MARK}|${MARK.replaceAll(/\W/g, '')}`,
        '/var/lib/portage-farm',
      ])
      t.equal(found.code, 1, found.stdout)
      t.notOk(await builder.exists('/var/lib/portage-farm/etc/shadow'))
    }
  })

  t.test('a second run sends next to nothing', async t => {
    const first = ofType(events, 'mirror-finished')
    await client.must(['emerge', '--oneshot', 'app-toy/pkg-e'])
    const second = ofType(await lastRun(client), 'mirror-finished')
    t.equal(first.length, 3)
    t.equal(second.length, 3)
    for (const { host, bytes } of second) {
      const before = first.find(each => each.host === host)?.bytes ?? 0
      t.ok(bytes < 0.02 * before, `${host}: ${bytes} bytes after ${before} of the first copy`)
    }
  })
})

/** How long emerge takes here to merge one binary package, in milliseconds. */
async function oneBinaryMerge({ client }: Lab): Promise<number> {
  const began = Date.now()
  await client.must(['emerge', '--oneshot', '--usepkgonly', 'app-toy/pkg-e'])
  return Date.now() - began
}

import t from 'tap'
import { FARM_DIR, FARM_YAML } from '../lab/lab.ts'
import type { LabHost } from '../lab/host.ts'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, installed, killAll, lastRun, leftovers, ofType, startLab } from './support.ts'

t.test('two clients on one host', async t => {
  const lab = await startLab(t, { builders: 1, clients: 2 })
  const { client } = lab
  const builder = lab.host('farm-a')
  const other = lab.host('client-b')
  for (const each of [client, other]) await each.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    jobs: 2\n')
  const idOf = async (each: LabHost): Promise<string> => {
    // Whoever asks hosts has a name by then.
    await each.run(['portage-farm', 'check', '--hosts'])
    const id = (await each.read('/var/lib/portage-farm/client-id')).trim()
    t.match(id, new RegExp(`^${(await each.read('/etc/machine-id')).trim()}-[0-9a-f]{8}$`))
    return id
  }
  const ids = { client: await idOf(client), other: await idOf(other) }
  /** The farm's directories on the host that are a client's. */
  const directory = (id: string): string => `${FARM_DIR}/clients/${id}`
  const runsOf = async (id: string): Promise<string> =>
    (await builder.run(['sh', '-c', `cd ${directory(id)}/runs && ls -d */roots/*`])).stdout

  await t.test('each ends its own runs, and cleans up its own, while the other builds', async t => {
    await ebuilds(client, { 'app-toy/slow-1': { seconds: 45 } })
    await ebuilds(other, { 'app-toy/quick-1': {}, 'app-toy/endless-1': { seconds: 600 } })
    const slow = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    await slow.until(/Building app-toy\/slow-1::gentoo on farm-a/, 120)
    const before = await runsOf(ids.client)
    t.match(before, /roots\/r/)

    const quick = await other.run(['emerge', '--oneshot', 'app-toy/quick'])
    t.equal(quick.code, 0, quick.all)
    t.equal(builtOn(await lastRun(other), 'app-toy/quick-1'), 'farm-a')
    const broken = other.spawn(['emerge', '--oneshot', 'app-toy/endless'])
    await broken.until(/Building app-toy\/endless-1/)
    await killAll(other, broken)
    const cancelled = await other.run(['portage-farm', 'cancel'])
    t.match(cancelled.all, /farm-a: ended what was left of \d{8}-/)
    t.equal(await runsOf(ids.other), '', 'what it had is gone')
    t.equal(await runsOf(ids.client), before, 'what the other has is there')

    const { code, all } = await slow.within(180)
    t.equal(code, 0, all)
    t.equal(ofType(await lastRun(client), 'job-started').length, 1, 'nothing was begun again')
    t.ok((await installed(client)).includes('app-toy/slow-1'))
    t.strictSame(await leftovers(builder), [])
  })

  await t.test('with a directory each and keys that only build, neither reaches what the other has', async t => {
    const program = await client.must(['portage-farm', 'agent'])
    await builder.write('/usr/local/sbin/portage-farm-agent', program, 0o755)
    const lines: string[] = []
    for (const each of [client, other]) {
      const key = (await each.read('/root/.ssh/id_ed25519.pub')).trim()
      const id = (await each.read('/var/lib/portage-farm/client-id')).trim()
      const command = `/usr/local/sbin/portage-farm-agent --client=${id} --dir=/srv/${each.name}`
      lines.push(`restrict,command="${command}" ${key}\n`)
      await each.write(FARM_YAML, `hosts:\n  - ssh: farm-a\n    dir: /srv/${each.name}\n`)
    }
    // Job roots must not lie on an overlay, and the root of a lab's host is one.
    await builder.must([
      'sh',
      '-c',
      `cd /srv && for each in client client-b; do
      mkdir -p ${FARM_DIR}/$each $each && mount --bind ${FARM_DIR}/$each $each; done`,
    ])
    await builder.write('/root/.ssh/authorized_keys', lines.join(''), 0o600)
    for (const [each, name] of [
      [client, 'slow'],
      [other, 'quick'],
    ] as const) {
      await ebuilds(each, { [`app-toy/${name}-2`]: {} })
      const { code, all } = await each.run(['emerge', '--oneshot', `app-toy/${name}`])
      t.equal(code, 0, all)
      t.equal(builtOn(await lastRun(each), `app-toy/${name}-2`), 'farm-a')
    }
    const lowers = `/srv/client/clients/${ids.client}/root-1/etc/machine-id`
    t.ok(await builder.exists(`/srv/client/clients/${ids.client}`), 'there is something to be reached')
    for (const path of [lowers, `/srv/client-b/../client/clients/${ids.client}`]) {
      const { code } = await other.run(['rsync', '-s', '-r', `farm-a:${path}`, '/tmp/stolen'])
      t.not(code, 0, `reading ${path}`)
    }
    await other.write('/tmp/mine', 'x')
    await other.run(['rsync', '-s', '/tmp/mine', 'farm-a:/srv/client/'])
    t.notOk(await builder.exists('/srv/client/mine'), 'writing')
    await other.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    dir: /srv/client\n')
    await ebuilds(other, { 'app-toy/quick-3': {} })
    const { code, all } = await other.run(['emerge', '--oneshot', 'app-toy/quick'])
    t.equal(code, 0, all)
    t.match(all, /farm-a: this key is for dir '\/srv\/client-b' alone/)
    t.equal(builtOn(await lastRun(other), 'app-toy/quick-3'), 'home')
  })
})

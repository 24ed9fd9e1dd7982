/** The same farm, where the hosts have the store from a real NFS server. */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { missingForShownStore } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { graphOnWorkers } from './store-graph.ts'
import { installed } from './support.ts'
import { attemptsAt, begun, endWorkers, hostIsTidy, startWorkers, stories, storeIsTidy, whoSays } from './workers.ts'

/** Seconds of a lease. */
const LEASE = 6

/** A program with a capability, as of filecaps, and a file with an ACL. */
const WITH_ATTRIBUTES = `
import os, struct
open("/usr/bin/capable", "w").close()
os.setxattr("/usr/bin/capable", "security.capability", struct.pack("<5I", 0x02000000, 1 << 13, 0, 0, 0))
entries = ((0x01, 6, 2**32 - 1), (0x02, 4, 1), (0x04, 4, 2**32 - 1), (0x10, 4, 2**32 - 1), (0x20, 4, 2**32 - 1))
open("/etc/shared", "w").close()
os.setxattr("/etc/shared", "system.posix_acl_access", struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *e) for e in entries))
`

const lacking = await missingForShownStore()

t.test('three workers, by NFS', { skip: lacking.length > 0 && lacking.join('; ') }, async t => {
  // What no NFS keeps, and many systems have.
  const lab = await graphOnWorkers(t, 'nfs', async client => {
    await client.must(['python3', '-c', WITH_ATTRIBUTES])
  })
  const { client } = lab
  const workers = await startWorkers(lab, '--lease', String(LEASE))

  await t.test('a worker sleeps for twice its lease: its result is refused', async t => {
    const cpv = 'app-toy/slow-1'
    await ebuilds(client, { [cpv]: { seconds: 6 } })
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
    const builds = new RegExp(`builds ${cpv}::`)
    const holder = await whoSays(workers, builds)
    await emerge.until(/compile|Building/)
    await holder.stop()
    const other = await whoSays(
      workers.filter(each => each !== holder),
      builds,
    )
    await sleep(LEASE * 1000)
    await holder.go()
    await holder.until(/slow-1::gentoo.*taken away from this worker meanwhile/)
    const { code, all } = await emerge.within(240)
    t.equal(code, 0, all)
    t.ok((await installed(client)).includes(cpv))
    t.strictSame(stories(await attemptsAt(lab, cpv)), [`${holder.name} superseded`, `${other.name} built committed`])
    await storeIsTidy(t, lab)
    await hostIsTidy(t, holder.host)
  })

  await t.test('the server does not answer for longer than a build takes, and than a lease', async t => {
    const cpv = 'app-toy/long-1'
    await ebuilds(client, { [cpv]: { seconds: 4 } })
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/long'])
    await whoSays(workers, new RegExp(`builds ${cpv}::`))
    await emerge.until(/compile|Building/)
    await lab.server?.hang()
    await sleep(2 * LEASE * 1000)
    await lab.server?.resume()
    const { code, all } = await emerge.within(240)
    t.equal(code, 0, all)
    t.equal(begun(workers)[cpv], 1, 'nobody is taken for dead whose server was away')
    t.match(stories(await attemptsAt(lab, cpv)), [/^worker-[abc] built committed$/])
    await storeIsTidy(t, lab)
  })

  await endWorkers(t, workers)
})

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_DIR, FARM_YAML } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, lastRun, leftovers, ofType, startLab } from './support.ts'

const RUNS = `${FARM_DIR}/clients/*/runs`

/** Does something on a host as soon as a run has come there: before it has a job. */
const atNextRun = (host: LabHost, script: string): Promise<string> =>
  host.must([
    'sh',
    '-ec',
    `until run=$(ls -d ${RUNS}/*/keeper) 2>/dev/null; do sleep 0.02; done
    run=\${run%/keeper}; ${script}`,
  ])

t.test('what hosts run out of: it is said, another host builds, and no package is blamed', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  const poor = lab.host('farm-a')
  await client.write(FARM_YAML, 'hosts: [farm-a, farm-b]\nconnect-timeout: 60\n')
  let version = 0

  /** Merges a package with that body, when `script` was done on farm-a. Resolves to the reason why it failed there. */
  const fail = async (script: string, body = ''): Promise<string> => {
    const cpv = `app-toy/thing-${++version}`
    await ebuilds(client, { [cpv]: { body } })
    // The other host answers when this one has the package.
    await lab.host('farm-b').must(['pkill', '-STOP', 'sshd'])
    const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/thing'])
    await atNextRun(poor, script)
    await emerge.until(/(Building \S+|failed) on farm-a/, 120)
    await lab.host('farm-b').must(['pkill', '-CONT', 'sshd'])
    const { code, all } = await emerge.within(240)
    t.equal(code, 0, all)
    const events = await lastRun(client)
    const failed = ofType(events, 'attempt-failed')
    t.match(failed, [{ host: 'farm-a', fault: 'host' }])
    t.equal(failed.length, 1)
    t.equal(builtOn(events, cpv), 'farm-b')
    const reason = failed[0]?.reason ?? ''
    t.ok(all.includes(reason), `it is said: ${reason}`)
    return reason
  }
  const smallRoots = (options: string): string => `mkdir "$run/roots"; mount -t tmpfs -o ${options} none "$run/roots"`
  /** What the run could not remove the next one does, when nothing is mounted there any more. */
  const clean = async (): Promise<void> => {
    await poor.run(['sh', '-c', `umount ${RUNS}/*/roots`])
    await ebuilds(client, { 'app-toy/quick-1': {} })
    await client.must(['emerge', '--oneshot', 'app-toy/quick'])
    for (const each of lab.builders) t.strictSame(await leftovers(each), [], each.name)
  }

  await t.test('space, in the middle of a build', async t => {
    const body = 'src_compile() { head -c 100M /dev/zero >big || die "it did not fit"; }'
    t.match(await fail(smallRoots('size=40m'), body), /^no space was left there while app-toy\/thing-1 was built/)
    await clean()
  })

  await t.test('inodes', async t => {
    const body = 'src_compile() { local i; for i in {1..2000}; do : >file$i || die "no file"; done; }'
    t.match(await fail(smallRoots('nr_inodes=1000'), body), /^no space was left there while app-toy\/thing-2 was built/)
    await clean()
  })

  await t.test('space, before there is a job root', async t => {
    t.match(await fail(smallRoots('nr_inodes=2')), /No space left on device/)
    await clean()
  })

  await t.test('open files', async t => {
    const reason = await fail('prlimit --nofile=10:10 --pid "$(cut -d " " -f 1 "$run/keeper")"')
    t.match(reason, /Too many open files/)
    await clean()
  })

  await t.test(
    'a host that lost its power: what it left there is removed, but for what is mounted by somebody',
    async t => {
      await client.write(FARM_YAML, 'hosts: [farm-a]\n')
      await ebuilds(client, { 'app-toy/slow-1': { seconds: 20 }, 'app-toy/quick-1': {} })
      const emerge = client.spawn(['emerge', '--oneshot', 'app-toy/slow'])
      await emerge.until(/Building app-toy\/slow-1::gentoo on farm-a/, 120)
      await sleep(2000)
      await poor.stop()
      const { code, all } = await emerge.within(240)
      t.equal(code, 0, all)
      await poor.start()
      const [left = '', ...others] = (await poor.must(['sh', '-c', `ls -d ${RUNS}/*`])).trim().split('\n')
      t.strictSame(others, [])
      await poor.must(['mount', '-t', 'tmpfs', 'none', `${left}/roots/r1/merged`])
      const again = async (): Promise<void> => {
        const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/quick'])
        t.equal(code, 0, all)
        t.equal(builtOn(await lastRun(client), 'app-toy/quick-1'), 'farm-a', 'it builds as ever')
      }
      await again()
      const found = (await poor.must(['find', left])).trim().split('\n')
      const kept = ['', '/keeper', '/roots', '/roots/r1', '/roots/r1/merged'].map(each => `${left}${each}`)
      t.strictSame(found.sort(), kept)
      await poor.must(['umount', `${left}/roots/r1/merged`])
      await again()
      for (const each of lab.builders) t.strictSame(await leftovers(each), [], each.name)
    },
  )
})

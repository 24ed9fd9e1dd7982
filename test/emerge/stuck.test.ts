import t from 'tap'
import { FARM_YAML } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { installed, lastRun, leftovers, ofType, startLab } from './support.ts'

/** Seconds. */
const STUCK_AFTER = 8

t.test('builds in which nothing happens', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await client.write(FARM_YAML, `hosts: [farm-a, farm-b]\nstuck-after: ${STUCK_AFTER}\n`)

  await t.test('one that waits for ever is ended, on two hosts, and built here', async t => {
    await client.write('/home/toy/here', '')
    const body = 'src_compile() { local home=home; [[ -e /${home}/toy/here ]] || sleep 100000; }'
    await ebuilds(client, { 'app-toy/stuck-1': { body } })
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/stuck'])
    t.equal(code, 0, all)
    const failures = ofType(await lastRun(client), 'attempt-failed')
    t.strictSame(
      failures.map(({ fault }) => fault),
      ['package', 'package'],
    )
    t.strictSame(new Set(failures.map(({ host }) => host)).size, 2)
    for (const { reason } of failures) t.match(reason, /neither computed nor wrote anything/)
    t.match(all, /app-toy\/stuck-1::gentoo failed on farm-[ab]: .*neither computed nor wrote/)
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
  })

  await t.test('one that says nothing for longer, but computes, is left alone', async t => {
    const body = `src_compile() { local end=$((SECONDS + ${2 * STUCK_AFTER})); while ((SECONDS < end)); do :; done; }`
    await ebuilds(client, { 'app-toy/quiet-1': { body } })
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/quiet'])
    t.equal(code, 0, all)
    t.strictSame(ofType(await lastRun(client), 'attempt-failed'), [])
    t.ok((await installed(client)).includes('app-toy/quiet-1'))
  })

  await t.test('so is one that computes nothing, but writes', async t => {
    const body = `src_compile() { local i; for i in {1..${STUCK_AFTER}}; do sleep 2; echo "step $i"; done; }`
    await ebuilds(client, { 'app-toy/chatty-1': { body } })
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/chatty'])
    t.equal(code, 0, all)
    t.strictSame(ofType(await lastRun(client), 'attempt-failed'), [])
  })
})

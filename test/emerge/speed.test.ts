import t from 'tap'
import { ebuilds, type ToyOptions } from '../lab/repo.ts'
import { installed, startLab } from './support.ts'

const PACKAGES = 12
const SECONDS = 8
/** What it comes to on a quiet machine: a sixth of the waiting, and what Portage itself takes on the client. */
const AIM = 0.35
/** All hosts of a lab share this machine's processors with the client, and the machine is busy at times. */
const BOUND = 0.5

t.test('twelve packages that only wait, on three hosts with two jobs each, against plain emerge', async t => {
  const { client } = await startLab(t, { builders: 3, jobs: 2 })
  const names = Array.from({ length: PACKAGES }, (_, index) => `app-toy/wait-${String.fromCharCode(97 + index)}`)
  await ebuilds(
    client,
    Object.fromEntries(names.map((name): [string, ToyOptions] => [`${name}-1`, { seconds: SECONDS }])),
  )
  // The hosts have the client's root, as from the second run on.
  await ebuilds(client, { 'app-toy/first-1': {} })
  await client.must(['emerge', '--oneshot', 'app-toy/first'])

  const farm = await timed(async () => client.must(['emerge', '--oneshot', ...names]))
  t.equal((await installed(client)).length, PACKAGES + 1)
  await client.must(['emerge', '--unmerge', ...names])
  const env = { PORTAGE_FARM: '0' }
  const plain = await timed(async () => client.must(['emerge', '--oneshot', '--jobs=1', ...names], { env }))

  const ratio = farm / plain
  t.comment(`farm ${farm.toFixed(1)} s, plain emerge ${plain.toFixed(1)} s, ratio ${ratio.toFixed(3)} (aim ${AIM})`)
  t.ok(ratio <= BOUND, `the ratio is ${ratio.toFixed(3)}, at most ${BOUND}`)
})

/** Seconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = Date.now()
  await work()
  return (Date.now() - began) / 1000
}

/** Three hosts of unequal speed, real emerge: the scheduler against plain emerge, and against taking any free host. */
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { INSTALLED } from '../lab/install.ts'
import { ebuilds, type ToyOptions } from '../lab/repo.ts'
import { canThrottle } from '../lab/throttle.ts'
import { builtOn, installed, lastRun, startLab } from './support.ts'

/** Parts of one processor. */
const SPEEDS = { 'farm-a': 0.8, 'farm-b': 0.4, 'farm-c': 0.2 }
const CLIENT = 0.4
/** CPU seconds of a long build, on a whole processor of the kind that this was written on. */
const LONG = 10

/** A build that computes for so long, whatever the host: a count of rounds, not of seconds. */
const computing = (seconds: number): ToyOptions => ({
  body: `
src_compile() {
	python3 -c 'for _ in range(${Math.round(seconds * 20_000_000)}): pass' || die
}
src_install() {
	echo "\${PF}" > name || die
	insinto /usr/share/toy
	newins name "\${PF}"
}
`,
})

/** emerge with the farm, but for its scheduler: in critical-path order, each to the best host that is free. */
const GREEDY = `
import { readFarmConfig } from '${INSTALLED}/dist/edge/config/read.js'
import { startEmerge } from '${INSTALLED}/dist/edge/bridge/start-emerge.js'
import { serveEmerge } from '${INSTALLED}/dist/farm/serve.js'
import { Scheduler } from '${INSTALLED}/dist/core/schedule/scheduler.js'
const { config } = await readFarmConfig('/etc/portage/farm.yaml')
const policy = { name: 'any free host', waits: false, deadline: -Infinity, hosts: null }
const { emerge, link } = startEmerge(process.argv.slice(2), { mode: 'merge', output: 'inherit' })
await serveEmerge(link, config, { player: tasks => new Scheduler(tasks, { copies: 'never', policy }) })
process.exitCode = (await emerge).exitCode
`

t.test('three hosts of unequal speed', async t => {
  t.ok(canThrottle(), 'this machine can make hosts slow')
  const lab = await startLab(t, { builders: 3 })
  const { client } = lab
  const long = ['one', 'two', 'three'].map(name => `app-toy/long-${name}`)
  const known = ['x', 'y'].map(name => `app-toy/known-${name}`)
  await ebuilds(client, {
    ...Object.fromEntries(long.map((name): [string, ToyOptions] => [`${name}-1`, computing(LONG)])),
    ...Object.fromEntries(known.map((name): [string, ToyOptions] => [`${name}-1`, computing(0.5)])),
  })
  await client.write('/root/greedy.mjs', GREEDY)
  await client.must(['emerge', '--oneshot', ...known])
  for (const [name, part] of Object.entries(SPEEDS)) await lab.host(name).throttle(part)
  await client.throttle(CLIENT)

  // Each host builds the same once, and the long ones are built somewhere: what any farm knows after some weeks.
  for (const name of Object.keys(SPEEDS)) {
    const yaml = await client.read('/etc/portage/farm.yaml')
    await client.write('/etc/portage/farm.yaml', `hosts: [{ ssh: ${name}, name: ${name} }]\n`)
    await client.must(['emerge', '--oneshot', ...known], { timeout: 600 })
    await client.write('/etc/portage/farm.yaml', yaml)
  }
  const run = async (what: string, argv: string[], env: Record<string, string> = {}): Promise<number> => {
    const began = Date.now()
    const { code, all } = await client.run([...argv, '--oneshot', ...long], { env, timeout: 900 })
    const seconds = (Date.now() - began) / 1000
    t.equal(code, 0, all)
    for (const name of long) t.ok((await installed(client)).includes(`${name}-1`), `${what} installed ${name}`)
    t.comment(
      `${what}: ${seconds.toFixed(1)} s${env['PORTAGE_FARM'] === '0' ? '' : ` (${await placed(client, long)})`}`,
    )
    await client.must(['emerge', '--unmerge', ...long])
    return seconds
  }
  const greedy = await run('any free host', ['node', '/root/greedy.mjs'])
  const farm = await run('the farm', ['emerge'])
  const plain = await run('plain emerge', ['emerge'], { PORTAGE_FARM: '0' })
  t.comment(`the farm over any free host ${(farm / greedy).toFixed(3)}, over plain emerge ${(farm / plain).toFixed(3)}`)
  t.ok(farm < greedy, 'sooner than by taking any free host')
  t.ok(farm < plain, 'sooner than plain emerge')
})

async function placed(client: LabHost, names: readonly string[]): Promise<string> {
  const events = await lastRun(client)
  return names.map(name => `${name.replace(/.*-/, '')} on ${builtOn(events, `${name}-1`)}`).join(', ')
}

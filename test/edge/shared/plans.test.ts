/** The plans of a store: how long they are kept, and what is believed of them. */
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Layout } from '../../../lib/edge/shared/layout.ts'
import { Plans, type PublishedPlan } from '../../../lib/edge/shared/plans.ts'
import { clientCpu } from '../../../lib/edge/toolchain.ts'
import { UNMEASURED } from '../../../lib/core/history/observation.ts'
import { plansOf } from '../../../lib/farm/store/publish.ts'
import { claimRun } from '../../../lib/edge/earlier-runs.ts'
import { plan as request } from '../../fuzz/samples.ts'

const DAY = 24 * 3600

async function open(t: Test): Promise<{ layout: Layout; plans: Plans }> {
  const layout = await Layout.openOrMake(t.testdir({}))
  return { layout, plans: new Plans(layout) }
}

async function sound(run: string): Promise<PublishedPlan> {
  const cpu = {
    flags: [{ flag: 'avx2', because: 'CFLAGS="-mavx2"' }],
    same: { because: 'native', ...(await clientCpu()) },
  }
  return {
    ...{ run, version: '0.1.0', client: `${'0'.repeat(32)}-01234567`, hostname: 'client.lan', machine: 'x86_64' },
    ...{ root: 'root-12', request, policy: { stay: ['sys-kernel/*'], kernelModules: 'stay', hosts: [] } },
    keys: Object.fromEntries(request.packages.map(each => [each.id, 'a'.repeat(32)])),
    needs: { client: { machine: 'x86_64', cpu, root: { bytes: 1, files: 2 } }, cpu },
    trial: {
      trial: { python: '/usr/bin/python3.13', flags: ['-O2'], chost: '', pkgdir: '/p', tmpdir: '/t' },
      native: [['-march=native', { options: ['-march=skylake'], instead: [] }]],
      name: 'gcc\nO2',
    },
    observations: [{ cpv: 'a/b-1', cp: 'a/b', host: 'w', seconds: 1, sourceBytes: 0, at: 1, ...UNMEASURED }],
    stuckAfter: 1800,
  }
}

/** Makes all files of a plan as old as that. */
async function age(plans: Plans, run: string, days: number, files: readonly string[]): Promise<void> {
  const time = new Date(Date.now() - days * DAY * 1000)
  for (const file of files) await utimes(join(plans.directory(run), file), time, time)
}

t.test('a plan that lives is kept however old it is', async t => {
  const { layout, plans } = await open(t)
  for (const run of ['living', 'dead', 'worked', 'unsigned']) await plans.publish(await sound(run))
  for (const run of ['living', 'dead', 'worked']) {
    await writeFile(join(plans.directory(run), 'sign'), '{"lease": 30, "count": 1}')
    await writeFile(join(plans.directory(run), 'workers', 'w'), '{"state": "joining", "lease": 30, "count": 1}')
  }
  await age(plans, 'living', 30, ['plan.json', 'workers/w'])
  await age(plans, 'dead', 3, ['plan.json', 'sign', 'workers/w'])
  await age(plans, 'worked', 3, ['plan.json', 'sign'])
  await plans.sweep(await layout.now())
  t.strictSame((await readdir(layout.in('plans'))).sort(), ['living', 'unsigned', 'worked'])
})

t.test('a plan is believed as a whole, or not at all', async t => {
  const { layout, plans } = await open(t)
  const good = await sound('r')
  await plans.publish(good)
  t.strictSame(await plans.read('r'), good)
  const wrong: [string, object][] = [
    ['root', { root: '../../../../etc' }],
    ['root', { root: 'root-1/../../x' }],
    ['client', { client: '../other' }],
    ['client', { client: '..' }],
    ['keys', { keys: { a: '../../../etc/passwd' } }],
    ['keys', { keys: ['a'] }],
    ['trial', { trial: { ...good.trial, trial: { ...good.trial.trial, python: 'python3' } } }],
    ['trial', { trial: { ...good.trial, native: [['x']] } }],
    ['needs', { needs: { client: {}, cpu: {} } }],
    ['policy', { policy: null }],
    ['hostname', { hostname: 'a'.repeat(65) }],
    ['stuckAfter', { stuckAfter: 1e12 }],
    ['observations', { observations: [{ cpv: 1 }] }],
    ['plan', { request: { ...request, packages: null } }],
    ['it says that it is that of "s"', { run: 's' }],
  ]
  for (const [what, part] of wrong) {
    await writeFile(join(plans.directory('r'), 'plan.json'), JSON.stringify({ ...good, ...part }))
    const words = new RegExp(`^the plan of r makes no sense: .*${what}`)
    await t.rejects(plans.read('r'), { message: words }, JSON.stringify(part).slice(0, 80))
  }
  for (const missing of Object.keys(good)) {
    const part = Object.fromEntries(Object.entries(good).filter(([name]) => name !== missing))
    await writeFile(join(plans.directory('r'), 'plan.json'), JSON.stringify(part))
    await t.rejects(plans.read('r'), { message: /makes no sense/ }, `without ${missing}`)
  }
  t.ok(layout)
})

t.test('what makes no sense among what is not wanted any more stops nobody', async t => {
  const { plans } = await open(t)
  await plans.publish(await sound('r'))
  await plans.drop('r', { home: ['a'], gone: ['b'] })
  t.strictSame(await plans.dropped('r'), { home: ['a'], gone: ['b'] })
  for (const text of ['{"home": [', 'null', '7', '{"home": 7, "gone": {}}', '[]']) {
    await writeFile(join(plans.directory('r'), 'dropped.json'), text)
    t.strictSame(await plans.dropped('r'), { home: [], gone: [] }, text)
  }
})

t.test('only what this system knows to be its own is ended by it', async t => {
  const { plans } = await open(t)
  const state = join(t.testdirName, 'state')
  for (const run of ['mine', 'alive', 'twins']) await plans.publish(await sound(run))
  const client = (await sound('mine')).client
  await mkdir(join(state, 'runs/mine'), { recursive: true })
  await writeFile(join(state, 'runs/mine/owner'), '')
  claimRun(state, 'alive')
  const runs = (await plansOf(plans, client, state)).map(each => each.run)
  t.strictSame(runs, ['mine'], 'neither what goes on, nor that of another with the same name')
})

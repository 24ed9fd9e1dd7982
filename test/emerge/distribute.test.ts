import t from 'tap'
import type { DistributeResult } from '../../lib/index.ts'
import { INSTALLED } from '../lab/install.ts'
import { ebuilds, seedGraph } from '../lab/repo.ts'
import { installed, leftovers, startLab, world } from './support.ts'

/** A program on the client that calls distribute() with options from its arguments, and prints what came of it. */
const PROGRAM = `
import { readFileSync } from 'node:fs'
import { distribute, DistributeError } from '${INSTALLED}/dist/index.js'
const options = JSON.parse(process.argv[2])
if (options.planFile) options.plan = JSON.parse(readFileSync(options.planFile, 'utf8'))
const stop = new AbortController()
const distribution = distribute({ ...options, signal: stop.signal })
let events = 0
let builds = 0
for await (const event of distribution) {
  events++
  if (event.type === 'build-started' && ++builds === options.stopAtBuild) stop.abort()
}
try {
  console.log(JSON.stringify({ events, ...(await distribution.result) }))
} catch (error) {
  console.log(JSON.stringify({ refused: error instanceof DistributeError, message: error.message }))
}
`

t.test('distribute(): the same engine as a library', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await seedGraph(client)
  await ebuilds(client, {
    'app-toy/broken-1': { body: 'src_compile() {\n\tdie "on purpose"\n}\n' },
    'app-toy/slow-1': { seconds: 60 },
    'app-toy/slow-too-1': { seconds: 60 },
  })
  await client.write('/root/program.mjs', PROGRAM)
  const call = async (options: object): Promise<DistributeResult & Record<string, unknown>> => {
    const out = await client.must(['node', '/root/program.mjs', JSON.stringify(options)])
    return JSON.parse(out) as DistributeResult & Record<string, unknown>
  }

  await t.test('the examples', async t => {
    for (const name of ['farm.yaml', 'farm-full.yaml', 'farm-store.yaml']) {
      t.match(await client.must(['portage-farm', 'check', '--config', `${INSTALLED}/examples/${name}`]), /is good/)
    }
    const out = await client.must(['node', `${INSTALLED}/examples/distribute.mjs`, 'app-toy/pkg-a'])
    t.match(out, /app-toy\/pkg-a-1::gentoo: installed/)
    t.equal((await installed(client)).length, 5)
    t.strictSame(await world(client), [], '--oneshot')
  })

  await t.test('atoms: emerge resolves and installs', async t => {
    const result = await call({ atoms: ['app-toy/pkg-a'] })
    t.equal(result.ok, true)
    t.equal(result.code, 0)
    t.ok(Number(result['events']) > 10)
    t.strictSame(
      result.packages.map(each => each.package),
      ['app-toy/pkg-a-1::gentoo'],
    )
    t.ok(result.packages.every(each => each.installed !== null && each.host?.startsWith('farm-')))
    t.strictSame(await world(client), ['app-toy/pkg-a'])
  })

  await t.test('a package that fails is told in the result', async t => {
    const result = await call({ atoms: ['app-toy/broken'] })
    t.equal(result.ok, false)
    t.equal(result.code, 1)
    t.match(result.packages[0]?.failed, /^it failed here as it had on farm-[ab] \(compile phase: on purpose\)$/)
    t.match(await client.read(result.packages[0]?.log ?? ''), /on purpose/)
  })

  await t.test('a plan: its packages are built, and nothing is installed', async t => {
    const [run] = (await client.must(['sh', '-c', 'ls -d /var/lib/portage-farm/runs/*'])).split('\n')
    await client.must([
      'emerge',
      '--unmerge',
      'app-toy/pkg-a',
      'app-toy/pkg-b',
      'app-toy/pkg-c',
      'app-toy/pkg-d',
      'app-toy/pkg-e',
    ])
    const result = await call({ planFile: `${run ?? ''}/plan.json` })
    t.equal(result.ok, true)
    t.equal(result.packages.length, 5)
    t.strictSame(await installed(client), [])
    for (const { path } of result.packages) t.ok(await client.exists(path ?? 'nowhere'), path ?? 'no path')
  })

  await t.test('what is wrong is refused before anything starts', async t => {
    await client.write('/root/wrong.yaml', 'hosts: []\n')
    const config = await call({ atoms: ['app-toy/pkg-a'], config: '/root/wrong.yaml' })
    t.equal(config['refused'], true)
    t.match(config['message'], /wrong\.yaml:1:/)
    const plan = await call({ plan: { type: 'plan', packages: 7 } })
    t.equal(plan['refused'], true)
    t.match(plan['message'], /the plan is not one/)
  })

  await t.test('the signal ends every job', async t => {
    // Each host builds one: none is still being reached, where an agent may be seen that has not yet heard of the end.
    const result = await call({ atoms: ['app-toy/slow', 'app-toy/slow-too'], stopAtBuild: 2 })
    t.equal(result.ok, false)
    t.strictSame(result.packages.map(each => each.host).sort(), ['farm-a', 'farm-b'])
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
  })
})

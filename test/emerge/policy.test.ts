import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { distfile, ebuilds, manifest, type ToyOptions } from '../lab/repo.ts'
import { builtOn, installed, lastRun, leftovers, ofType, runCount, startLab } from './support.ts'

const restricted: ToyOptions = { restrict: 'fetch', srcUri: 'owner-1.txt', more: 'S="${WORKDIR}"' }

const FARM = `
hosts:
  - ssh: farm-a
    name: farm-a
    jobs: 4
    not: ["*/only-b"]
    prefer: ["app-toy/likes-*"]
  - ssh: farm-b
    name: farm-b
    only: ["*/*-b:0::gentoo", ">=app-toy/fits-2"]
stay: ["app-toy/stays", "*/*::elsewhere"]
`

async function farmYaml(client: LabHost, text: string): Promise<void> {
  await client.write('/etc/portage/farm.yaml', text)
}

/** Why a package was sent home. */
async function homeReason(client: LabHost, cpv: string): Promise<string | undefined> {
  const events = ofType(await lastRun(client), 'sent-home')
  return events.find(event => event.package.startsWith(`${cpv}::`))?.reason
}

t.test('farm.yaml says which packages stay here, and which host may have which', async t => {
  const { client } = await startLab(t, { builders: 2 })
  await ebuilds(client, {
    'app-toy/stays-1': {},
    'app-toy/only-b-1': {},
    'app-toy/likes-a-1': {},
    'app-toy/fits-1': {},
    'app-toy/owner-1': restricted,
    'app-toy/free-1': {},
  })
  await distfile(client, 'owner-1.txt', 'only its owner has it\n')
  await manifest(client, 'app-toy/owner-1')
  await farmYaml(client, FARM)
  const names = ['stays', 'only-b', 'likes-a', 'fits', 'owner', 'free']
  const atoms = names.map(name => `app-toy/${name}`)

  await t.test('each package is built where it may be', async t => {
    const { code, all } = await client.run(['emerge', ...atoms])
    t.equal(code, 0, all)
    const events = await lastRun(client)
    t.equal(builtOn(events, 'app-toy/stays-1'), 'home')
    t.equal(await homeReason(client, 'app-toy/stays-1'), 'farm.yaml has it stay: app-toy/stays')
    t.equal(builtOn(events, 'app-toy/only-b-1'), 'farm-b')
    for (const name of ['likes-a', 'fits', 'free']) t.equal(builtOn(events, `app-toy/${name}-1`), 'farm-a', name)
    t.equal(builtOn(events, 'app-toy/owner-1'), 'farm-a', 'its distfile is here, and was sent')
    t.strictSame(await installed(client), names.map(name => `app-toy/${name}-1`).sort())
  })

  await t.test('portage-farm why says so', async t => {
    const why = async (...argv: string[]) => client.run(['portage-farm', 'why', ...argv])
    const { code, all } = await why('only-b', '=app-toy/likes-a-1')
    t.equal(code, 0, all)
    t.match(all, /to farm-b: .*farm\.yaml keeps it from farm-a: not \*\/only-b/)
    t.match(all, /to farm-a: .*farm\.yaml prefers farm-a for app-toy\/likes-\*/)
    t.match((await why('stays')).all, 'stays here: farm.yaml has it stay: app-toy/stays')
    const unknown = await why('nothing')
    t.equal(unknown.code, 1)
    t.match(unknown.all, /nothing is not in the run .*\n.*app-toy\/stays-1::gentoo/)
  })

  await t.test('what nobody can fetch stays, and fails as with plain emerge', async t => {
    await client.must(['rm', '/var/cache/distfiles/owner-1.txt'])
    const { code } = await client.run(['emerge', 'app-toy/owner'])
    t.equal(code, 1)
    t.equal(await homeReason(client, 'app-toy/owner-1'), 'RESTRICT=fetch, and what it fetches is not here')
  })

  await t.test('a package that no host may have is built here', async t => {
    await farmYaml(client, 'hosts: [{ssh: farm-a, only: ["*/x"]}, {ssh: farm-b, not: ["*/free"]}]\n')
    await client.must(['emerge', 'app-toy/free'])
    t.match(await homeReason(client, 'app-toy/free-1'), /^farm\.yaml lets no host build it/)
  })

  await t.test('this machine as a host of its own farm', async t => {
    await farmYaml(client, 'hosts: [{ssh: farm-a, not: ["*/likes-a"]}]\nlocal-jobs: 2\n')
    const atoms = ['app-toy/likes-a', 'app-toy/fits']
    const { code, all } = await client.run(['emerge', '--oneshot', ...atoms])
    t.equal(code, 0, all)
    const events = await lastRun(client)
    t.equal(builtOn(events, 'app-toy/likes-a-1'), 'local', all)
    t.not(builtOn(events, 'app-toy/fits-1'), 'home')
    t.strictSame(ofType(events, 'attempt-failed'), [])
    t.strictSame(await leftovers(client), [])
    const copied = await client.run([
      'sh',
      '-c',
      'ls -d /var/lib/portage-farm/clients/*/*/*/var/lib/portage-farm/clients',
    ])
    t.not(copied.code, 0, 'its copy does not contain itself')
  })

  await t.test('what only Portage knows to be no atom is told with its line, and nothing is started', async t => {
    await farmYaml(client, 'hosts: [farm-a]\nstay:\n  - "app-toy/free"\n  - "=app-toy/**-1*"\n')
    const before = await runCount(client)
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/free'])
    t.equal(code, 1)
    t.match(all.replaceAll(/\s+/g, ' '), '/etc/portage/farm.yaml:4: "=app-toy/**-1*" is no package atom')
    t.equal(await runCount(client), before)
  })
})

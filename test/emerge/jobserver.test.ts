import t from 'tap'
import { COUNTED, endServer, startServer } from '../differential/toys/make.ts'
import { giveMake } from '../lab/gnu-make.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, lastRun, startLab } from './support.ts'

/** Its job server has more tokens than a job has cores there, so that none of them is what counted. */
const TOKENS = 9

t.test('a job has a job server with as many jobs as it has cores', async t => {
  const { client } = await startLab(t, { builders: 1 })
  await giveMake(client)
  await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    makeopts: -j3\n')
  const toys = ['plain', 'tokens', 'exported', 'alone']
  await ebuilds(client, Object.fromEntries(toys.map(name => [`app-toy/${name}-1`, { body: COUNTED }])))
  await client.must(['bash', '-ec', startServer(TOKENS)])
  const flags = '--jobserver-auth=fifo:/dev/steve'
  const configured = (lines: string): Promise<string> =>
    client.must(
      [
        'bash',
        '-ec',
        `cat >/etc/portage/flags.conf; grep -q flags.conf /etc/portage/make.conf ||
      echo 'source /etc/portage/flags.conf' >>/etc/portage/make.conf`,
      ],
      { input: lines },
    )
  const jobs = async (name: string, env: Record<string, string> = {}): Promise<string> => {
    const { code, all } = await client.run(['emerge', '--oneshot', `app-toy/${name}`], { env })
    t.equal(code, 0, all)
    t.equal(builtOn(await lastRun(client), `app-toy/${name}-1`), 'farm-a')
    return (await client.must(['cat', `/usr/share/toy/${name}-jobs`])).trim()
  }

  await configured(`MAKEFLAGS="${flags}"\n`)
  t.equal(await jobs('plain'), '3')
  await configured(`MAKEFLAGS="${flags}"\nFEATURES="\${FEATURES} jobserver-token"\n`)
  t.equal(await jobs('tokens'), '3', 'Portage takes one itself')
  t.equal(await jobs('exported', { MAKEFLAGS: flags }), '3', 'Portage counts itself as having been given one')
  await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    makeopts: -j1\n')
  t.equal(await jobs('alone'), '1', 'and nothing waits where there is one for Portage alone')
  await client.must(['bash', '-ec', endServer(TOKENS)])
})

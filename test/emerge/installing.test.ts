/** "On Gentoo" of the README, as it is written: an archive from a checkout, and what is installed from it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import type { LabHost } from '../lab/host.ts'
import { PROJECT } from '../lab/place.ts'
import { seedGraph } from '../lab/repo.ts'
import { builtOn, lastRun, startLab } from './support.ts'

/** The commands of a section, without their comments. */
async function commandsOf(section: string): Promise<string[]> {
  const readme = await readFile(join(PROJECT, 'README.md'), 'utf8')
  const [, text = ''] = readme.split(`\n## ${section}\n`)
  const lines = (text.split('\n## ')[0] ?? '').split('\n').filter(line => line.startsWith('    '))
  return lines.map(line => line.replace(/\s+#.*/, '').trim())
}

/** The checkout's files, without what is made from them. */
async function checkout(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'portage-farm-checkout-'))
  t.teardown(async () => rm(directory, { recursive: true, force: true }))
  const made = ['node_modules', 'dist', 'build', '.tap', '.git'].map(name => `--exclude=/${name}`)
  await execa('rsync', ['-a', ...made, `${PROJECT}/`, `${directory}/`])
  return directory
}

/** This machine's npm, which the lab's client has not. */
async function giveNpm(client: LabHost): Promise<void> {
  const { stdout } = await execa('npm', ['root', '--global'])
  const archive = await execa('tar', ['-C', stdout.trim(), '-cf', '-', 'npm'], {
    encoding: 'buffer',
    maxBuffer: Infinity,
  })
  const install = 'mkdir -p "$1"; tar -C "$1" -xf -; ln -s "$1/npm/bin/npm-cli.js" /usr/local/bin/npm'
  await client.must(['sh', '-ec', install, 'install', '/usr/local/lib/node_modules'], { input: archive.stdout })
}

t.test('from a checkout to a farmed merge', async t => {
  const [pack = '', install = '', ...others] = await commandsOf('On Gentoo')
  t.strictSame(others, [], 'two commands')
  const directory = await checkout(t)
  await execa('sh', ['-ec', pack], { cwd: directory, stdin: 'ignore', env: { npm_config_update_notifier: 'false' } })
  const [file = ''] = (await execa('sh', ['-c', 'ls portage-farm-*.tgz'], { cwd: directory })).stdout.split('\n')

  const lab = await startLab(t, { builders: 1, install: false })
  const { client } = lab
  await giveNpm(client)
  await client.write(`/root/${file}`, await readFile(join(directory, file)))
  // Nothing is fetched: the client reaches nobody.
  t.match(await client.run(['sh', '-c', install]), { code: 0 })

  t.match(await client.must(['portage-farm', 'check']), 'is good')
  await seedGraph(client)
  const { code, all } = await client.run(['emerge', 'app-toy/pkg-e'])
  t.equal(code, 0, all)
  t.equal(builtOn(await lastRun(client), 'app-toy/pkg-e-1'), 'farm-a')

  await client.must(['portage-farm', 'setup', '--remove'])
  t.notOk(await client.exists('/usr/local/sbin/emerge'))
})

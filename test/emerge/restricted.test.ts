import t from 'tap'
import { FARM_YAML } from '../lab/lab.ts'
import { seedGraph } from '../lab/repo.ts'
import { builtOn, installed, lastRun, leftovers, startLab } from './support.ts'

t.test('a key that may do nothing but build', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await seedGraph(client)
  await client.write(FARM_YAML, `hosts:\n${lab.builders.map(({ name }) => `  - ssh: ${name}\n`).join('')}`)
  const program = await client.must(['portage-farm', 'agent'])
  const force = async (text: string): Promise<void> => {
    for (const builder of lab.builders) {
      await builder.write('/usr/local/sbin/portage-farm-agent', text, 0o755)
      const keys = await builder.must(['cat', '/root/.ssh/authorized_keys'])
      const own = keys.replace(/^.*(?=ssh-ed25519)/m, 'restrict,command="/usr/local/sbin/portage-farm-agent" ')
      await builder.write('/root/.ssh/authorized_keys', own, 0o600)
    }
  }
  await force(program)

  await t.test('packages are built as ever', async t => {
    const { code, all } = await client.run(['emerge', 'app-toy/pkg-a'])
    t.equal(code, 0, all)
    t.equal((await installed(client)).length, 5)
    const events = await lastRun(client)
    const hosts = ['a', 'b', 'c', 'd', 'e'].map(name => builtOn(events, `app-toy/pkg-${name}-1`))
    t.ok(
      hosts.every(host => /^farm-[ab]$/.test(host)),
      hosts.join(' '),
    )
    for (const builder of lab.builders) t.strictSame(await leftovers(builder), [], builder.name)
  })

  const onHost = async (...argv: string[]): Promise<{ code: number; all: string }> =>
    client.run(['ssh', '-o', 'BatchMode=yes', 'farm-a', ...argv])
  await t.test('a shell, another command, another program: no', async t => {
    for (const argv of [
      [],
      ['id'],
      ['exec', 'python3', '-I', '-c', "'import os'", '0', 'farm_agent'],
      ['exec', 'python3', '-c', "'import os'", '0', 'farm_agent'],
      ['rsync', '--daemon'],
    ]) {
      const { code, all } = await onHost(...argv)
      t.not(code, 0, argv.join(' '))
      t.match(all, /portage-farm agent: (this key is for portage-farm alone|another version is installed here)/)
      t.notMatch(all, 'uid=')
    }
  })

  await t.test('rsync sees the farm’s directory, and no other file', async t => {
    await lab.host('farm-a').write('/root/own', 'mine')
    for (const path of [
      '/root/own',
      '/etc/shadow',
      '/var/lib/portage-farm/../../../root/own',
      '/proc/1/root/root/own',
    ]) {
      const read = await client.run(['rsync', '-s', `farm-a:${path}`, '/tmp/stolen'])
      t.not(read.code, 0, `reading ${path}`)
    }
    await client.write('/tmp/mine', 'x')
    for (const path of ['/root/', '/usr/bin/', '/etc/cron.d/']) {
      await client.run(['rsync', '-s', '/tmp/mine', `farm-a:${path}`])
      t.equal((await lab.host('farm-a').run(['test', '-e', `${path}mine`])).code, 1, `writing to ${path}`)
    }
    t.equal((await client.run(['rsync', '-s', '/tmp/mine', 'farm-a:/var/lib/portage-farm/'])).code, 0)
  })

  await t.test('another directory than its own: refused, and built elsewhere', async t => {
    await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n    dir: /srv/farm\n  - ssh: farm-b\n')
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/pkg-e'])
    t.equal(code, 0, all)
    t.match(all, /farm-a .*this key is for dir '\/var\/lib\/portage-farm' alone/)
    t.equal(builtOn(await lastRun(client), 'app-toy/pkg-e-1'), 'farm-b')
  })

  await t.test('another version is installed there: it is said what to do, and all is built here', async t => {
    await force(program.replace('farm_lines', 'farm_limes'))
    await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n')
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/pkg-e'])
    t.equal(code, 0, all)
    t.match(all, 'what the client sent is not the agent that is installed here')
  })
})

import { readFile } from 'node:fs/promises'
import t from 'tap'
import { agentSource } from '../../lib/edge/host/agent.ts'
import { projectFile } from '../../lib/edge/project.ts'
import { FARM_YAML } from '../lab/lab.ts'
import { seedGraph } from '../lab/repo.ts'
import { builtOn, installed, lastRun, leftovers, startLab } from './support.ts'

t.test('a key that may do nothing but build', async t => {
  const lab = await startLab(t, { builders: 2 })
  const { client } = lab
  await seedGraph(client)
  await client.write(FARM_YAML, `hosts:\n${lab.builders.map(({ name }) => `  - ssh: ${name}\n`).join('')}`)
  const { code: printed, stdout: program, stderr: advice } = await client.run(['portage-farm', 'agent'])
  t.equal(printed, 0, advice)
  // What is to be put before the key is said besides.
  const [line = ''] = /^restrict,command=.*$/m.exec(advice) ?? []
  const [, id = ''] = /--client=([\w-]+)/.exec(line) ?? []
  const own = `/var/lib/portage-farm/clients/${id}`
  const force = async (text: string, before = line): Promise<void> => {
    for (const builder of lab.builders) {
      await builder.write('/usr/local/sbin/portage-farm-agent', text, 0o755)
      const keys = await builder.must(['cat', '/root/.ssh/authorized_keys'])
      await builder.write('/root/.ssh/authorized_keys', keys.replace(/^.*(?=ssh-ed25519)/m, `${before} `), 0o600)
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
      ['rsync', '--server', '--daemon', '--config=/var/lib/portage-farm/x', '.'],
      ['rsync', '--server', '-e.LsfxCIvu', '.', '/root'],
      ['rsync', '--server', '--sender', '-logDtpre.iLsfxCIvu', '.', own],
    ]) {
      const { code, all } = await onHost(...argv)
      t.not(code, 0, argv.join(' '))
      t.match(all, /portage-farm agent: (this key is for |another version is installed here)/)
      t.notMatch(all, 'uid=')
    }
  })

  await t.test('rsync sees the farm’s directory, and no other file', async t => {
    await lab.host('farm-a').write('/root/own', 'mine')
    // As an rsync of its own would, but for what only the farm's transfers have: no recursion, no links.
    const copy = async (...ends: string[]): Promise<{ code: number; all: string }> =>
      client.run(['rsync', '-s', '--times', ...ends])
    await client.write('/tmp/mine', 'x')
    t.equal((await copy('/tmp/mine', `farm-a:${own}/`)).code, 0)
    t.equal((await copy(`farm-a:${own}/mine`, '/tmp/back')).code, 0)
    await lab.host('farm-a').must(['ln', '-s', '/root', `${own}/way`])
    for (const path of [
      `${own}/way/own`,
      '/var/lib/portage-farm/slots/lock',
      `${own}/../../slots/lock`,
      '/root/own',
      '/etc/shadow',
      '/var/lib/portage-farm/../../../root/own',
      '/proc/1/root/root/own',
    ]) {
      const read = await copy(`farm-a:${path}`, '/tmp/stolen')
      t.not(read.code, 0, `reading ${path}`)
    }
    for (const path of ['/root/', '/usr/bin/', '/etc/cron.d/', '/var/lib/portage-farm/']) {
      await copy('/tmp/mine', `farm-a:${path}`)
      t.equal((await lab.host('farm-a').run(['test', '-e', `${path}mine`])).code, 1, `writing to ${path}`)
    }
    for (const option of ['--log-file=/root/log', '--temp-dir=/root', '--remove-source-files']) {
      const { code, all } = await client.run([
        'rsync',
        '-s',
        `--remote-option=${option}`,
        '/tmp/mine',
        `farm-a:${own}/`,
      ])
      t.not(code, 0, option)
      t.match(all, 'no transfer of portage-farm has rsync')
    }
    t.notOk(await lab.host('farm-a').exists('/root/log'))
    await lab.host('farm-a').must(['rm', `${own}/way`, `${own}/mine`])
  })

  await t.test('the agent: for this client alone, over its own copies', async t => {
    const ask = async (hello: object, requests: object[]): Promise<Record<string, unknown>[]> => {
      const { boot, payload } = await agentSource()
      const input = {
        ...{ boot, modules: payload.toString(), host: 'farm-a' },
        connections: [
          { hello: { dir: '/var/lib/portage-farm', run: 'r', boot, linger: 0, again: false, ...hello }, requests },
        ],
      }
      const driver = await readFile(projectFile('test/hooks/ask-agents.py'), 'utf8')
      const said = await client.must(['python3', '-c', driver], { input: JSON.stringify(input) })
      const [heard = []] = JSON.parse(said) as Record<string, unknown>[][]
      return heard
    }
    const [refused] = await ask({ client: 'f'.repeat(32) }, [])
    t.match(refused, { error: `this key is for client '${id}' alone` })

    const root = `${own}/runs/r/roots/x`
    const step = { name: 'build', argv: ['/bin/sh'], env: {}, network: false, pkgdir: `${root}/job/out` }
    const job = {
      ...{ root, hostname: 'x', is32bit: false, stuckAfter: 0, slots: null, binds: {}, jobservers: {} },
      ...{ pkgdir: '/pkg', log: `${root}/job/log`, packages: {}, steps: [step] },
    }
    await lab.host('farm-a').must(['ln', '-s', '/', `${own}/way`])
    const lowers = ['/', '/var/lib/portage-farm', '/root', `${own}/../x`, `${own}/way`]
    const requests = lowers.map((lower, key) => ({ op: 'job', key: String(key), about: {}, job: { ...job, lower } }))
    const heard = await ask({ client: id }, requests)
    const errors = heard.flatMap(({ error }) => (error === undefined ? [] : [error]))
    t.equal(errors.length, lowers.length)
    for (const error of errors) t.match(error, /its lower|leads elsewhere: to \/$/)
    await lab.host('farm-a').must(['rm', `${own}/way`])
  })

  await t.test(
    'a line in authorized_keys as it was before: it is said what it must be, and all is built here',
    async t => {
      await force(program, 'restrict,command="/usr/local/sbin/portage-farm-agent /var/lib/portage-farm"')
      const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/pkg-e'])
      t.equal(code, 0, all)
      t.match(all, /farm-a: .*its line in authorized_keys must say which client the key is of, as --client=CLIENT/)
      t.equal(builtOn(await lastRun(client), 'app-toy/pkg-e-1'), 'home')
      await force(program)
    },
  )

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

import t from 'tap'
import type { HostConfig } from '../../../lib/core/config.ts'
import { SshConnection } from '../../../lib/edge/host/ssh.ts'
import { hostConfig, standIn } from './support.ts'

t.setTimeout(20_000)

const argv = standIn(t, 'ssh')

/** The words that ssh is given for a host. */
async function words(host: Partial<HostConfig>, command = 'exec python3'): Promise<string[]> {
  await new SshConnection(hostConfig(host), hostConfig(host).ssh ?? '', '/tmp/pf-abc/0').open(command, 9.5)
  return argv()
}

/** The settings among them: what follows each -o. */
function settings(all: string[]): string[] {
  return all.filter((_, index) => all[index - 1] === '-o')
}

void t.test('what holds in any case', async t => {
  const all = await words({})
  for (const setting of ['BatchMode=yes', 'StrictHostKeyChecking=yes', 'ForwardAgent=no', 'ControlPersist=no']) {
    t.ok(settings(all).includes(setting), setting)
  }
  t.ok(settings(all).includes('ConnectTimeout=10'))
  t.equal(all[all.indexOf('-S') + 1], '/tmp/pf-abc/0-1')
  t.notOk(all.includes('-i'))
  t.notOk(settings(all).some(each => each.startsWith('UserKnownHostsFile')))
})

void t.test('the host stands behind --, and the command is one word', async t => {
  t.strictSame((await words({}, "exec python3 -c 'a b'")).slice(-3), ['--', 'root@big.lan', "exec python3 -c 'a b'"])
  const all = await words({ ssh: '-oProxyCommand=id' })
  t.ok(all.indexOf('--') < all.indexOf('-oProxyCommand=id'), 'even what is no host is no option')
})

void t.test('a key, and a file of known hosts', async t => {
  const all = await words({ identity: '~/.ssh/farm', knownHosts: '/etc/portage/farm_known_hosts' })
  t.equal(all[all.indexOf('-i') + 1], '~/.ssh/farm', 'ssh expands it')
  t.ok(settings(all).includes('UserKnownHostsFile=~/.ssh/known_hosts /etc/portage/farm_known_hosts'))
  const blank = await words({ knownHosts: '/etc/a b' })
  t.ok(settings(blank).includes('UserKnownHostsFile=~/.ssh/known_hosts "/etc/a b"'))
})

void t.test('the host’s directory and its other settings are not ssh’s business', async t => {
  const plain = await words({})
  t.strictSame(await words({ dir: '/srv/$(id)', name: 'x', makeopts: '-j8; id', jobs: 7, clean: true }), plain)
})

void t.test('rsync reaches the host through the same connection', t => {
  const connection = (ssh: string): SshConnection => new SshConnection(hostConfig({ ssh }), ssh, '/tmp/pf-abc/0')
  const big = connection('big')
  void big.open('true', 10)
  void big.open('true', 10)
  const shell = big.rsyncShell.split(' ')
  t.equal(shell[0], 'ssh')
  t.equal(shell[shell.indexOf('-S') + 1], '/tmp/pf-abc/0-2', 'the newest: a socket of one that was cut may be left')
  t.ok(settings(shell).includes('ControlMaster=no'))
  t.ok(settings(shell).includes('ProxyCommand=false'), 'and in no other way')
  const names: [ssh: string, named: string][] = [
    ['big', 'big'],
    ['root@big.lan', 'root@big.lan'],
    ['ssh://big', 'big'],
    ['ssh://big:2222', 'big'],
    ['ssh://[2001:db8::7]:22', '[2001:db8::7]'],
    ['ssh://Big_Alias', 'Big_Alias'],
  ]
  for (const [ssh, named] of names) t.equal(connection(ssh).rsyncPath('/x'), `${named}:/x`, ssh)
  t.end()
})

void t.test('rsync names the user as well', t => {
  const connection = new SshConnection(hostConfig(), 'ssh://builder@big:2222', '/tmp/pf-abc/0')
  t.equal(connection.rsyncPath('/x'), 'builder@big:/x')
  t.end()
})

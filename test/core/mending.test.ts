import t from 'tap'
import { installing, whyNoAgent } from '../../lib/core/mending.ts'

void t.test('how a program is installed', t => {
  t.equal(installing('rsync', ['gentoo']), 'emerge net-misc/rsync')
  t.equal(installing('python', ['gentoo']), 'emerge dev-lang/python')
  t.equal(installing('rsync', ['linuxmint', 'ubuntu', 'debian']), 'apt-get install rsync')
  t.equal(installing('rsync', ['opensuse-tumbleweed', 'opensuse', 'suse']), 'zypper install rsync')
  t.equal(installing('rsync', ['toString']), 'install rsync there')
  t.end()
})

void t.test('why the agent did not start', t => {
  const python = { name: 'python', mend: /install/ }
  t.match(whyNoAgent(127, 'sh: 1: exec: python3: not found', 'big'), { ...python, text: /^python3 is not installed/ })
  t.match(whyNoAgent(127, 'bash: line 1: exec: python3: not found', 'big'), python)
  t.match(whyNoAgent(1, 'portage-farm agent: python3 is Python 3.6, 3.11 is needed', 'big'), {
    ...python,
    text: 'python3 is Python 3.6, 3.11 or newer is needed',
  })
  t.match(whyNoAgent(255, 'root@big: Permission denied (publickey).', 'root@big'), {
    name: 'connection',
    mend: 'ssh-copy-id root@big',
  })
  t.match(whyNoAgent(255, 'Host key verification failed.', 'big'), { name: 'connection', mend: /^ssh big true/ })
  t.equal(whyNoAgent(255, 'ssh: connect to host big port 22: No route to host', 'big'), null)
  t.equal(whyNoAgent(undefined, '', 'big'), null)
  t.end()
})

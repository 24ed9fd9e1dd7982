import t from 'tap'
import { said, Twins } from './twins.ts'

/** What reaches a terminal as it is only if nobody looked at it. */
const COMMANDS = ['\u001b]0', '\u001b[2J', '\u202e']

/** What a host calls the log of its build, and says of it, in rounds of two packages. */
const ROUNDS: Record<string, object>[] = [
  {
    'pkg-e': { log: '/var/log/portage/app-toy:pkg-e-1:99999999-999999.log', elog: 'WARN: setup\n\ud800 odd\n' },
    'pkg-f': { log: '/etc/passwd', elog: 'WARN: compile\n\u001b]0;title\u0007\u001b[2Jhidden\u202e\n' },
  },
  {
    'pkg-e': { log: `/var/log/${'x'.repeat(5000)}:20260101-000000.log`, elog: 'ERROR: nophase\nINFO: setup' },
    'pkg-f': { log: '/nonexistent/app-toy:pkg-f-1:20260101-000000.log', elog: `\u0000${'\n'.repeat(1000)}` },
  },
]

t.test('whatever a host calls its log and says: all is merged, and no command reaches the terminal', async t => {
  const twins = await Twins.start(t, 'app-toy/pkg-e app-toy/pkg-f')
  const before = 'mkdir -p /var/log/portage; echo \'PORTAGE_LOGDIR="/var/log/portage"\' >>/etc/portage/make.conf\n'
  const passwd = await twins.farm.read('/etc/passwd')
  for (const words of ROUNDS) {
    const result = await twins.farmed('--oneshot app-toy/pkg-e app-toy/pkg-f', { fake: { words }, before })
    t.equal(result.code, 0, result.all)
    t.strictSame([...said(result, 'merged')].sort(), ['pkg-e', 'pkg-f'])
    t.equal(
      result.all.match(/the log of the build of app-toy\/pkg-[ef]-1 cannot be gone on with/g)?.length,
      2,
      result.all,
    )
    for (const each of COMMANDS) t.notOk(result.all.includes(each), JSON.stringify(each))
    t.equal(await twins.farm.read('/etc/passwd'), passwd)
  }
})

/** Whatever the bashrc hook writes in a job root is open to the sandbox, in every phase, also in those without one today. */
import t from 'tap'
import { startLab } from '../emerge/support.ts'

/** All that Portage calls EBUILD_PHASE, but for `depend`, in which the hook does nothing (ebuild(5), Portage's doebuild). */
const PHASES = [
  ...['pretend', 'nofetch', 'setup', 'unpack', 'prepare', 'configure', 'compile', 'test', 'install', 'instprep'],
  ...['package', 'preinst', 'postinst', 'prerm', 'postrm', 'config', 'info', 'clean', 'cleanrm', 'help'],
]

/** What the agent lays out in a job root, and a package that no gpkg can hold. */
const JOB_ROOT = `
mkdir -p /run/portage-farm /var/tmp/walk/image; touch /run/portage-farm/job; mkfifo /var/tmp/walk/image/pipe
mkfifo -m 622 /dev/shm/portage-farm-phases; install -m 600 /dev/null /dev/shm/portage-farm-unfit
exec 3<>/dev/shm/portage-farm-phases
export CATEGORY=app-toy PF=walk-1 D=/var/tmp/walk/image/ BINPKG_FORMAT=gpkg CFLAGS=-O2 PORTAGE_PYTHON=/usr/bin/python3.11
export SANDBOX_ON=1 NOCOLOR=yes
`

/** Each phase reads the hook as Portage does. */
const WALK = `
for EBUILD_PHASE in ${PHASES.join(' ')}; do
  export EBUILD_PHASE SANDBOX_LOG=/var/tmp/walk/$EBUILD_PHASE.log
  sandbox bash -c 'source /etc/portage/bashrc.d/50-portage-farm.sh' || echo "$EBUILD_PHASE ended with $?"
done
timeout 1 cat <&3 || true
`

/** Where the hook wrote before, which the sandbox does not leave open. */
const FORMER = `
export SANDBOX_ON=1 NOCOLOR=yes SANDBOX_LOG=/var/tmp/walk/last.log
sandbox bash -c 'echo > /run/portage-farm/unfit'
`

t.test('in a job root', async t => {
  const { client } = await startLab(t, { builders: 0, farmYaml: null })
  const walked = await client.run(['bash', '-ec', JOB_ROOT + WALK])
  t.notMatch(walked.all, /ACCESS DENIED|ended with/)
  t.equal(await client.must(['sh', '-c', 'find /var/tmp/walk -name "*.log" -size +0']), '', 'no violation is noted')
  const told = walked.stdout.split('\n').filter(line => line.startsWith('app-toy/walk-1 ') && !line.includes('='))
  t.strictSame(
    told.map(line => line.split(' ')[1]),
    PHASES,
    'each phase is told',
  )
  t.match(walked.stdout, /^app-toy\/walk-1 CFLAGS=-O2$/m)
  t.match(
    await client.read('/dev/shm/portage-farm-unfit'),
    "no gpkg can hold a named pipe, a device or a socket: '/pipe'",
  )

  const denied = await client.run(['bash', '-c', FORMER])
  t.match(denied.all, /ACCESS DENIED.*\/run\/portage-farm\/unfit/, 'the sandbox that was walked under is on')
})

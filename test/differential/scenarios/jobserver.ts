/** A job server of make's: MAKEFLAGS in make.conf, and a named pipe in /dev, as Gentoo documents it. */
import { giveMake } from '../../lab/gnu-make.ts'
import type { Scenario, Step } from '../scenario.ts'
import { COUNTING, endServer, startServer } from '../toys/make.ts'

const TOKENS = 3
const FLAGS = 'MAKEFLAGS="-l32 --jobserver-auth=fifo:/dev/steve"'

/** Adds lines to make.conf. */
const configure = (lines: string): Step => ({ shell: `cat >>/etc/portage/make.conf <<'END'\n${lines}\nEND` })

const server: Step = { shell: startServer(TOKENS) }
const noServer: Step = { shell: endServer(TOKENS) }

/** Phase functions of a toy that knows how many like it are built at the same time. */
const ALONE = `
src_compile() {
	: >"/tmp/at-work-\${PN}" || die
	sleep 1
	ls /tmp/at-work-* | wc -l >count || die
	sleep 1
	rm "/tmp/at-work-\${PN}" || die
}
src_install() {
	insinto /usr/share/toy
	newins count "\${PN}"
}
`

/** Older Portage does not know the feature, and is to have one job at a time all the same. */
const SEVERAL_JOBS = `python3 -c 'from portage.const import SUPPORTED_FEATURES as f; exit("jobserver-token" not in f)' || exit 0
echo 'EMERGE_DEFAULT_OPTS="--jobs=3"' >>/etc/portage/make.conf`

const check = 'grep -qx 0 /usr/share/toy/*-job-server'

export const scenarios: Scenario[] = [
  {
    name: 'jobserver-token',
    proves: 'with FEATURES=jobserver-token and a job server in /dev what is built elsewhere has one as well',
    ebuilds: { 'dev-toy/lib-1': { body: COUNTING }, 'app-toy/program-1': { depend: 'dev-toy/lib', body: COUNTING } },
    prepare: giveMake,
    start: [configure(`${FLAGS}\nFEATURES="\${FEATURES} jobserver-token"`), server],
    steps: [['app-toy/program'], noServer],
    check,
  },
  {
    name: 'jobserver',
    proves: 'MAKEFLAGS with a job server in /dev reach make, which finds one there, also as the user portage',
    ebuilds: { 'app-toy/program-1': { body: COUNTING } },
    prepare: giveMake,
    start: [configure(`${FLAGS}\nFEATURES="\${FEATURES} userpriv"`), server],
    steps: [['app-toy/program'], noServer],
    check,
  },
  {
    name: 'jobserver-of-the-caller',
    proves: 'MAKEFLAGS that the caller exports, as under stevie(1), reach what is built elsewhere',
    ebuilds: { 'app-toy/program-1': { body: COUNTING } },
    prepare: giveMake,
    start: [configure('FEATURES="${FEATURES} jobserver-token"'), server],
    steps: [{ emerge: ['app-toy/program'], env: { MAKEFLAGS: '--jobserver-auth=fifo:/dev/steve' } }, noServer],
    check,
  },
  {
    name: 'jobserver-in-package-env',
    proves: 'MAKEFLAGS that package.env has for a package name a job server that there is on its host too',
    ebuilds: { 'app-toy/program-1': { body: COUNTING }, 'app-toy/other-1': { body: COUNTING } },
    files: {
      '/etc/portage/env/server.conf': `${FLAGS}\n`,
      '/etc/portage/package.env/scenario': 'app-toy/program server.conf\n',
    },
    prepare: giveMake,
    start: [server],
    steps: [['app-toy/program', 'app-toy/other'], noServer],
    check,
  },
  {
    name: 'jobserver-here',
    proves:
      'what is built here takes its tokens of the job server here, waits for them, and gives them back, also when it fails',
    ebuilds: {
      'dev-toy/lib-1': { body: COUNTING },
      'app-toy/first-1': { inherit: 'linux-mod-r1', body: ALONE },
      'app-toy/second-1': { inherit: 'linux-mod-r1', body: ALONE },
      'app-toy/broken-1': { inherit: 'linux-mod-r1', body: 'src_compile() { die "broken"; }\n' },
    },
    files: { '/var/db/repos/gentoo/eclass/linux-mod-r1.eclass': '# Nothing.\n' },
    prepare: giveMake,
    start: [
      configure(`${FLAGS}\nFEATURES="\${FEATURES} jobserver-token"`),
      { shell: startServer(1) },
      { shell: SEVERAL_JOBS },
    ],
    steps: [
      ['app-toy/first', 'app-toy/second', 'dev-toy/lib'],
      { emerge: ['app-toy/broken'], exit: 1 },
      { shell: endServer(1) },
    ],
    check: `${check}; test "$(cat /usr/share/toy/first)" = 1; test "$(cat /usr/share/toy/second)" = 1`,
    expect: {
      home: { 'app-toy/first-1': 'kernel module', 'app-toy/second-1': 'kernel module' },
      unbuilt: ['app-toy/broken-1'],
    },
  },
]

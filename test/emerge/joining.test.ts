import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { FARM_DIR, FARM_YAML } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, installed, lastRun, leftovers, ofType, startLab } from './support.ts'

/** A machine's architecture decides which flag of its CPU builds with -march=native use. */
const [CHOST, FLAG] = process.arch === 'arm64' ? ['aarch64-pc-linux-gnu', 'crc32'] : ['x86_64-pc-linux-gnu', 'sse4_2']

/** Says of itself that it is older than it is. */
const OLD_PYTHON = `#!/usr/bin/python3.11
import sys
sys.version_info = (3, 9, 2, "final", 0)
# It is called with -I -c.
code, sys.argv = sys.argv[3], ["-c", *sys.argv[4:]]
exec(code)
`

/**
 * A compiler of the client that finds other CPUs on some hosts. In a job root nothing tells the host but its directory,
 * which is in the overlay's mount options.
 */
const COMPILER = `#!/bin/bash
set -o pipefail
case $(grep -o '${FARM_DIR}/[a-z]*/clients' /proc/self/mountinfo | head -n 1) in
  */illegal/*) kill -ILL $$ ;;
  */other/*) [[ " $* " != *' -### '* ]] || { gcc "$@" 2>&1 | sed 's/-march=[a-z0-9.+-]*/-march=another/g' >&2; exit; } ;;
esac
exec gcc "$@"
`

interface Lacking {
  name: string
  /** What the host is made to lack. */
  make: (host: LabHost) => Promise<unknown>
  /** Its lines in farm.yaml, besides its name; `ssh` is its name if it is not here. */
  yaml?: string[]
  refused: { name: string; text: RegExp; mend: RegExp }
}

const sh = async (host: LabHost, script: string): Promise<string> => host.must(['sh', '-ec', script])
const nothing = async (): Promise<void> => undefined

const LACKING: Lacking[] = [
  {
    name: 'farm-b',
    make: async host => sh(host, 'rm /usr/bin/rsync'),
    refused: { name: 'rsync', text: /^rsync is not installed$/, mend: /^apt-get install rsync$/ },
  },
  {
    name: 'farm-c',
    make: async host => sh(host, 'rm /usr/bin/python3'),
    refused: { name: 'python', text: /^python3 is not installed/, mend: /install Python 3\.11 or newer/ },
  },
  {
    name: 'farm-d',
    make: async host => host.write('/usr/local/bin/python3', OLD_PYTHON, 0o755),
    refused: { name: 'python', text: /^python3 is Python 3\.9, 3\.11 or newer is needed$/, mend: /newer Python/ },
  },
  {
    name: 'farm-e',
    make: async host => sh(host, `mount -t tmpfs -o size=64m tmpfs ${FARM_DIR}`),
    refused: { name: 'space', text: /^6\d MiB are free below/, mend: /^free some on/ },
  },
  {
    name: 'farm-f',
    make: async host => sh(host, `mount -o remount,bind,noexec ${FARM_DIR}`),
    refused: { name: 'noexec', text: /is mounted noexec$/, mend: /^mount -o remount,exec / },
  },
  {
    name: 'farm-g',
    make: nothing,
    yaml: ['dir: /opt/farm'],
    refused: { name: 'overlay', text: /no overlay can be made below \/opt\/farm, which is on overlay/, mend: /dir:/ },
  },
  {
    name: 'farm-h',
    make: async host =>
      sh(
        host,
        'useradd --create-home larry; cp -r /root/.ssh /home/larry; chown -R larry: /home/larry; usermod -p "*" larry',
      ),
    yaml: ['ssh: larry@farm-h'],
    refused: { name: 'rights', text: /^the login is not root's/, mend: /^say ssh: root@farm-h in farm\.yaml$/ },
  },
  {
    name: 'farm-i',
    make: async host =>
      sh(host, `sed 's/ ${FLAG}\\b//' /proc/cpuinfo >/root/cpuinfo; mount --bind /root/cpuinfo /proc/cpuinfo`),
    refused: { name: 'cpu', text: new RegExp(`its CPU does not have ${FLAG}, which .*-march=native`), mend: /flags/ },
  },
  {
    name: 'farm-j',
    make: nothing,
    yaml: [`dir: ${FARM_DIR}/other`],
    refused: { name: 'cpu', text: /^-march=native means .* here and -march=another there$/, mend: /^write -march=/ },
  },
  {
    name: 'farm-k',
    make: nothing,
    yaml: [`dir: ${FARM_DIR}/illegal`],
    refused: { name: 'execution', text: /^the compiler of this system does not run there: its CPU lacks/, mend: /CPU/ },
  },
]

function farmYaml(hosts: { name: string; yaml?: string[] }[]): string {
  const lines = hosts.map(({ name, yaml = [] }) => {
    const words = yaml.some(line => line.startsWith('ssh:')) ? yaml : [`ssh: ${name}`, ...yaml]
    return [`name: ${name}`, ...words].map((line, index) => `${index === 0 ? '  - ' : '    '}${line}\n`).join('')
  })
  return `hosts:\n${lines.join('')}connect-timeout: 60\n`
}

t.test('a host joins only if it can, and says what it lacks', async t => {
  const lab = await startLab(t, { builders: 1 + LACKING.length })
  const { client } = lab
  const good = lab.host('farm-a')
  await Promise.all(LACKING.map(async ({ name, make }) => make(lab.host(name))))
  await client.write(FARM_YAML, farmYaml([{ name: 'farm-a' }, ...LACKING]))
  await sh(client, `sed -i 's/-O2 -pipe/-O2 -march=native/' /etc/portage/make.conf; rm /usr/bin/${CHOST}-gcc`)
  await client.write(`/usr/bin/${CHOST}-gcc`, COMPILER, 0o755)
  await ebuilds(client, { 'app-toy/one-1': {}, 'app-toy/two-1': { depend: 'app-toy/one' } })

  await t.test('each is refused for its reason, and the merge is done by the one that can', async t => {
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/two'], { timeout: 600 })
    t.equal(code, 0, all)
    const events = await lastRun(client)
    t.equal(builtOn(events, 'app-toy/one-1'), 'farm-a')
    t.equal(builtOn(events, 'app-toy/two-1'), 'farm-a')
    t.strictSame(await installed(client), ['app-toy/one-1', 'app-toy/two-1'])
    const refused = ofType(events, 'host-refused')
    t.equal(refused.length, LACKING.length, 'each once')
    for (const { name, refused: expected } of LACKING) {
      const problems = refused.find(event => event.host === name)?.problems ?? []
      t.equal(problems.length, 1, `${name}: ${JSON.stringify(problems)}`)
      t.match(problems[0], { level: 'refuse', ...expected }, name)
      t.equal(all.split(`${name} cannot build: `).length, 2, `one line says it of ${name}`)
    }
    t.strictSame(
      ofType(events, 'mirror-started')
        .map(event => event.host)
        .sort(),
      ['farm-a', 'farm-j', 'farm-k'],
      'the others were sent nothing',
    )
    for (const builder of [good, ...['farm-j', 'farm-k'].map(name => lab.host(name))]) {
      t.strictSame(await leftovers(builder), [], builder.name)
    }
  })

  await t.test('portage-farm check --hosts says it as well, and what mends it', async t => {
    const { code, stdout } = await client.run(['portage-farm', 'check', '--hosts'])
    t.equal(code, 1)
    t.match(stdout, /^farm-a: can build \(\d+ cores, .* of memory, .* free\)$/m)
    t.match(stdout, /^farm-b: cannot build .*\n {2}rsync is not installed\n {4}do: apt-get install rsync$/m)
    t.match(stdout, /^farm-c: cannot build\n {2}python3 is not installed/m)
    t.match(stdout, /^farm-j: can build/m, 'what only a job root shows is not known before')
    t.match(await client.must(['portage-farm', 'check']), /is good; its hosts:/, 'without it nobody is asked')
  })

  await t.test('no host that can: everything is built here, and one line says so', async t => {
    await client.write(FARM_YAML, farmYaml(LACKING.slice(0, 2)))
    const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/one'])
    t.equal(code, 0, all)
    t.equal(all.match(/no host can be used, so everything is built here \(farm-b: rsync/g)?.length, 1, all)
    t.equal(ofType(await lastRun(client), 'home-started').length, 1)
  })

  await t.test('a host is tried out once for each tool chain', async t => {
    await client.write(FARM_YAML, farmYaml([{ name: 'farm-a' }]))
    await client.must(['emerge', '--oneshot', 'app-toy/one'])
    // It would be refused if it were tried again; and is, as soon as the tool chain is another.
    const trap = COMPILER.replace('*/illegal/*)', '*)')
    const path = `/usr/bin/${CHOST}-gcc`
    await client.write(path, trap)
    await client.must(['emerge', '--oneshot', 'app-toy/one'])
    t.equal(builtOn(await lastRun(client), 'app-toy/one-1'), 'farm-a', 'the same cc1, as and libc')
    await sh(client, 'touch /bin/bash')
    await client.must(['emerge', '--oneshot', 'app-toy/one'])
    t.match(ofType(await lastRun(client), 'host-refused'), [{ problems: [{ name: 'execution' }] }])
  })

  await t.test(
    'a 32-bit client’s jobs see a 32-bit machine',
    { skip: process.arch !== 'x64' && 'not x86' },
    async t => {
      await client.write(`/usr/bin/${CHOST}-gcc`, '#!/bin/sh\nexec gcc "$@"\n')
      const body = 'src_install() {\n\tinsinto /usr/share/toy\n\tuname -m > machine\n\tdoins machine\n}\n'
      await ebuilds(client, { 'app-toy/uname-1': { body } })
      await client.must(['setarch', 'i686', 'emerge', '--oneshot', 'app-toy/uname'])
      t.equal(builtOn(await lastRun(client), 'app-toy/uname-1'), 'farm-a')
      t.equal(await client.read('/usr/share/toy/machine'), 'i686\n')
    },
  )
})

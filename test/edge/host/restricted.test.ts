import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { HostLink } from '../../../lib/edge/host/link.ts'
import { RootSender } from '../../../lib/edge/host/root-sender.ts'
import { rsync, type RsyncOptions, type Transferred } from '../../../lib/edge/host/rsync.ts'
import { Transfers } from '../../../lib/edge/host/transfers.ts'
import { projectFile } from '../../../lib/edge/project.ts'
import { hostConfig, scratch } from './support.ts'

t.setTimeout(60_000)

const OWN = '/srv/farm/clients/c'

/** Takes what rsync gives a remote shell: the command line, and the arguments that come past the shell. */
const RECORDER = `#!/usr/bin/env python3
import json, os, sys
data = b""
while not data.endswith(b"\\0\\0") and (byte := os.read(0, 1)):
    data += byte
with open(os.path.join(os.path.dirname(__file__), "recorded"), "a") as file:
    file.write(json.dumps([sys.argv[sys.argv.index("rsync"):], data.decode()]) + "\\n")
`

/** Asks the forced command's program what it would make of a call of rsync's server. */
const ASK = `import runpy, sys
program = runpy.run_path(sys.argv[1])
words = sys.argv[2:]
if not program["_COMMAND"].fullmatch(words[-1]):
    sys.exit("form")
print(program["_arguments"]("${OWN}"))
`

interface Call {
  words: string[]
  past: string
}

function ask({ words, past }: Call): { accepted: boolean; said: string } {
  const program = projectFile('hooks/agent/restricted.py')
  const argv = ['-B', '-c', ASK, program, ...words]
  const { status, stdout, stderr } = spawnSync('python3', argv, { input: past, encoding: 'utf8' })
  return { accepted: status === 0, said: stdout + stderr }
}

/** What rsync's server is asked for in all transfers that there are. */
async function calls(t: Test): Promise<Call[]> {
  const directory = scratch(t)
  // rsync splits its -e at blanks.
  const bin = t.testdir({})
  const shell = join(bin, 'shell')
  writeFileSync(shell, RECORDER)
  chmodSync(shell, 0o755)
  mkdirSync(join(directory, 'root'))
  writeFileSync(join(directory, 'root/a'), 'a')
  const rules = join(directory, 'rules')
  writeFileSync(rules, '- /proc\n')

  const connection = { rsyncShell: shell, rsyncPath: (path: string) => `big:${path}`, reach: [shell, 'big'] }
  const send = async (job: RsyncOptions): Promise<Transferred> => rsync(connection, job)
  const sender = new RootSender(send, 'big', directory)
  const link = {
    connection,
    config: hostConfig(),
    patience: 300,
    through: async (work: () => Promise<unknown>) => work(),
  }
  const transfers = new Transfers(link as unknown as HostLink, directory)
  const place = { path: `${OWN}/root-2`, base: null }
  const signal = new AbortController().signal
  const nothing = (): void => undefined
  const root = join(directory, 'root')
  const made: Promise<unknown>[] = [
    sender.copy(place, rules, nothing, signal),
    sender.copy({ ...place, base: `${OWN}/root-1` }, rules, nothing, signal),
    sender.copyAll(place, root, signal),
    sender.copyApart({ ...place, base: `${OWN}/root-1` }, root, signal),
    sender.copyPaths(place, rules, ['/etc/hostname'], signal),
    transfers.send(root, ['a'], `${OWN}/distfiles`),
    transfers.bring(`${OWN}/runs/r/roots/r1/job/out/a b/c-1.gpkg.tar`, join(directory, 'c'), 2 ** 20),
    transfers.bringLog(`${OWN}/runs/r/roots/r1/job/logs/x.log`, join(directory, 'x')),
  ]
  // The recorder says nothing that rsync understands.
  const ended = await Promise.allSettled(made)
  t.ok(ended.every(each => each.status === 'rejected'))
  const record = join(bin, 'recorded')
  const lines = existsSync(record) ? readFileSync(record, 'utf8').trim().split('\n') : []
  rmSync(record, { force: true })
  t.equal(lines.length, made.length, 'each of them asked for a server')
  return lines.map(line => {
    const [words, past] = JSON.parse(line) as [string[], string]
    return { words, past }
  })
}

void t.test('the forced command takes rsync’s server in the forms that transfers have', async t => {
  for (const call of await calls(t)) {
    const { accepted, said } = ask(call)
    t.ok(accepted, `${call.words.join(' ')} ${call.past.replaceAll('\0', ' ')}: ${said}`)
  }
})

void t.test('and in no other', t => {
  const words = ['rsync', '--server', '-slHogDtpAXrSe.iLsfxCIvu']
  const past = (...options: string[]): string => ['rsync', ...options, '.', `${OWN}/x/`, '', ''].join('\0')
  t.ok(ask({ words, past: past() }).accepted)
  for (const form of ['-lHogDtpAXrSe.iLsfxCIvu', '--daemon', '-sLe.x', '-s', '-se.x --daemon', '-sve.x', '']) {
    t.match(ask({ words: [...words.slice(0, 2), form], past: past() }), { accepted: false }, `form ${form}`)
  }
  for (const options of [
    ['--daemon', `--config=${OWN}/d.conf`],
    ['--config', `${OWN}/d.conf`],
    ['--log-file=/etc/cron.d/x'],
    ['--log-file', `${OWN}/x`],
    ['--temp-dir=/tmp'],
    ['--backup-dir=/x'],
    ['--files-from=/etc/shadow'],
    ['--rsync-path=/bin/sh'],
    ['--write-devices'],
    ['--copy-devices'],
    ['--remove-source-files'],
    ['--link-dest', '/etc'],
    ['--link-dest=/etc'],
    ['--link-dest', `${OWN}/../d`],
    ['--link-dest'],
    ['--partial-dir', '/etc'],
    ['--info=STATS2\n--daemon'],
    ['-e', 'sh'],
  ]) {
    t.match(ask({ words, past: past(...options) }), { accepted: false }, options.join(' '))
  }
  for (const path of ['/', '/etc/', `${OWN}-b/`, `${OWN}/../d/`, '/srv/farm/clients/', 'x', '']) {
    const call = { words, past: ['rsync', '.', path, '', ''].join('\0') }
    t.match(ask(call), { accepted: false, said: /this key is for \/srv\/farm\/clients\/c alone|were expected/ }, path)
  }
  const odd = ['', 'rsync', 'rsync\0\0', past().slice(0, -1), `sh\0.\0${OWN}/x\0\0`, `rsync\0.\0${OWN}/a\0${OWN}/b\0\0`]
  for (const past of odd) t.match(ask({ words, past }), { accepted: false }, past)
  t.match(ask({ words, past: `rsync\0${'x'.repeat(1 << 17)}` }), { accepted: false }, 'without an end')
  t.end()
})

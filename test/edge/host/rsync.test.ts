import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { jobCommands, jobEnvironment } from '../../../lib/core/commands.ts'
import { makePlan } from '../../../lib/core/plan.ts'
import { CannotWriteHere, rsync, TransferError } from '../../../lib/edge/host/rsync.ts'
import { SshConnection } from '../../../lib/edge/host/ssh.ts'
import { agentCommand, agentSource } from '../../../lib/edge/host/agent.ts'
import { ebuild, requestOf } from '../../core/support.ts'
import { hostConfig, oddNames, scratch, standIn } from './support.ts'

t.setTimeout(30_000)

/** Asked before a stand-in takes its name. */
const hasRsync = ((): boolean => {
  try {
    execFileSync('rsync', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

const connection = new SshConnection(hostConfig(), hostConfig().ssh ?? '', '/tmp/pf-abc/0')

void t.test('the words that rsync is given', async t => {
  const argv = standIn(t, 'rsync')
  await rsync(connection, { options: ['--times'], from: { local: '/here/' }, to: { remote: '/there/' } })
  const words = argv()
  t.ok(words.includes('-s'), 'no shell there reads the paths')
  t.equal(words[words.indexOf('-e') + 1], connection.rsyncShell)
  t.strictSame(words.slice(-4), ['--times', '--', '/here/', 'root@big.lan:/there/'])
  await rsync(connection, { options: [], from: { remote: '/there/x' }, to: { local: '/here/x' } })
  t.strictSame(argv().slice(-3), ['--', 'root@big.lan:/there/x', '/here/x'])
})

void t.test('an odd path is a word like any other', async t => {
  const argv = standIn(t, 'rsync')
  for (const name of oddNames('/nowhere')) {
    await rsync(connection, { options: [], from: { remote: `/farm/${name}` }, to: { local: `/here/${name}` } })
    t.strictSame(argv().slice(-3), ['--', `root@big.lan:/farm/${name}`, `/here/${name}`], JSON.stringify(name))
  }
})

void t.test('however much the host says, the reason is short, and has the end of it', async t => {
  standIn(t, 'rsync', `head -c 900000 /dev/zero | tr '\\0' x >&2; printf '\\nthe last word\\n' >&2; exit 12`)
  const job = { options: [], from: { local: '/' }, to: { remote: '/x/' } }
  const error = await rsync(connection, job).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  t.match(error, { message: /^rsync ended with 12: x+; the last word$/ })
  t.ok(error instanceof TransferError && error.message.length < 3000)
})

void t.test('figures', async t => {
  const report =
    'Number of files: 1,042 (reg: 1,000, dir: 42)\\nTotal file size: 12,345 bytes\\nTotal bytes sent: 1,234\\nTotal bytes received: 56\\n'
  const progress = '  100  10%%  1.0kB/s 0:00:01\\r  200  20%%  1.0kB/s 0:00:01\\n'
  standIn(t, 'rsync', `sleep 0.05; printf '${progress}${report}'`)
  const told: [number, number][] = []
  const done = await rsync(connection, {
    options: [],
    from: { local: '/' },
    to: { remote: '/x/' },
    onProgress: (bytes, percent) => told.push([bytes, percent]),
  })
  const { seconds, ...figures } = done
  t.strictSame(figures, { bytes: 1290, size: 12345, files: 1042, vanished: false, denied: [], chmodded: [] })
  const forged = report.replaceAll(/\d/g, '9')
  standIn(t, 'rsync', `printf '${forged}${report}'`)
  const { size, files } = await rsync(connection, { options: [], from: { local: '/' }, to: { remote: '/x/' } })
  t.strictSame({ size, files }, { size: 12345, files: 1042 }, 'what the host says among it does not count')
  t.ok(seconds > 0.05 && seconds < 60, `it slept for 0.05 s: ${seconds}`)
  t.strictSame(told.at(-1), [200, 20])
})

void t.test('a figure that is cut in two is not taken for a whole one', async t => {
  standIn(t, 'rsync', `printf '  123456'; sleep 0.2; printf '789  20%%  1.0kB/s\\r'`)
  const told: number[] = []
  await rsync(connection, {
    options: [],
    from: { local: '/' },
    to: { remote: '/x/' },
    onProgress: bytes => told.push(bytes),
  })
  t.strictSame(
    told.filter(bytes => bytes !== 123_456_789),
    [],
  )
})

void t.test('files that vanish are no failure, all else is', async t => {
  const run = async (): ReturnType<typeof rsync> =>
    rsync(connection, { options: [], from: { local: '/' }, to: { remote: '/x/' } })
  standIn(t, 'rsync', 'exit 24')
  const { seconds, ...figures } = await run()
  t.strictSame(figures, { bytes: 0, size: 0, files: 0, vanished: true, denied: [], chmodded: [] })
  t.ok(seconds > 0)
  standIn(t, 'rsync', 'echo "rsync: connection unexpectedly closed" >&2; exit 12')
  const error: unknown = await run().catch((error: unknown) => error)
  t.type(error, TransferError)
  t.match(error, { message: 'rsync ended with 12: rsync: connection unexpectedly closed' })
  standIn(t, 'rsync', 'kill -TERM $$')
  await t.rejects(run(), { message: /rsync ended with SIGTERM/ })
})

void t.test('whose fault it is that something cannot be written here is found out here', async t => {
  const here = scratch(t)
  const run = async (local: string, most: number): Promise<unknown> =>
    rsync(connection, { options: [], from: { remote: '/x' }, to: { local }, most }).catch((error: unknown) => error)
  // What rsync ends with if the other side says that it did.
  standIn(t, 'rsync', 'echo "rsync: File name too long (36)" >&2; exit 11')
  const lie = await run(join(here, 'x'), 1000)
  t.type(lie, TransferError)
  t.notOk(lie instanceof CannotWriteHere, 'the host says so')
  t.strictSame(readdirSync(here), [], 'the probe is gone')
  t.type(await run(join(here, 'not there', 'x'), 1000), CannotWriteHere)
  t.type(await run(join(here, 'x'), 2 ** 60), CannotWriteHere, 'it could not have it')
})

void t.test('a transfer has its time, and its words have an end', async t => {
  const job = { options: [], from: { remote: '/x' }, to: { local: '/nowhere/x' } }
  standIn(t, 'rsync', 'exec sleep 60')
  await t.rejects(rsync(connection, { ...job, seconds: 0.2 }), { message: 'the transfer took longer than 0 s' })
  standIn(t, 'rsync', 'while :; do echo "a host may say what it wants to" >&2; done')
  const began = performance.now()
  const error: unknown = await rsync(connection, job).catch((error: unknown) => error)
  t.type(error, TransferError)
  t.ok(performance.now() - began < 15_000)
})

void t.test('a file has as many bytes as it may, whatever is sent', async t => {
  const directory = scratch(t)
  const local = join(directory, 'x')
  const job = { options: [], from: { remote: '/x' }, to: { local } }
  standIn(t, 'rsync', `for last; do :; done; exec head -c 100000 /dev/zero >"$last"`)
  t.type(await rsync(connection, { ...job, most: 5000 }).catch((error: unknown) => error), TransferError)
  t.ok(statSync(local).size <= 5120, String(statSync(local).size))
  await rsync(connection, { ...job, most: 100_000 })
  t.equal(statSync(local).size, 100_000)
  const argv = standIn(t, 'rsync')
  await rsync(connection, { ...job, options: ["it's", '$(id)', '"'], most: 1 })
  t.strictSame(argv().slice(-6, -3), ["it's", '$(id)', '"'], 'and the words are the same')
})

void t.test('a transfer can be ended', async t => {
  standIn(t, 'rsync', 'exec sleep 60')
  const abort = new AbortController()
  const running = rsync(connection, { options: [], from: { local: '/' }, to: { remote: '/x/' }, signal: abort.signal })
  abort.abort()
  await t.rejects(running, { message: 'the transfer was ended' })
  await t.rejects(
    rsync(connection, { options: [], from: { local: '/' }, to: { remote: '/x/' }, signal: abort.signal }),
    { message: 'the transfer was ended' },
    'or not begun',
  )
})

void t.test('a system of millions of files: rsync writes a line of progress for each', async t => {
  // 72 bytes a file were seen with rsync 3.5: 110 MB are a million and a half of files.
  standIn(t, 'rsync', "head -c 110000000 /dev/zero | tr '\\0' x; printf '\\nTotal bytes sent: 7\\n'")
  const running = rsync(connection, { options: [], from: { local: '/' }, to: { remote: '/x/' } })
  t.match(await running.catch((error: unknown) => error), { bytes: 7 })
})

/** A connection whose ssh is a script that does what sshd does: the words, joined by blanks, for a shell to read. */
function throughAShell(directory: string): SshConnection {
  // The shell's own home and working directory are there for ~ and relative paths to go wrong in.
  const home = join(directory, 'home')
  mkdirSync(home)
  const script = join(directory, 'ssh')
  writeFileSync(script, `#!/bin/sh\nshift\ncd '${home}' && HOME='${home}' exec sh -c "$*"\n`)
  chmodSync(script, 0o755)
  const real = new SshConnection(hostConfig(), 'big', '/tmp/pf-abc/0')
  return Object.defineProperty(real, 'rsyncShell', { value: `'${script}'` })
}

void t.test('with a real rsync and a shell on the other side', { skip: !hasRsync && 'no rsync' }, t => {
  void t.test('odd names arrive as they are, both ways, and nothing is run', async t => {
    const directory = scratch(t)
    const mark = join(directory, 'home', 'MARK')
    const ssh = throughAShell(directory)
    const names = oddNames('MARK')
    for (const place of ['here', 'there', 'back']) mkdirSync(join(directory, place))
    for (const name of names) writeFileSync(join(directory, 'here', name), name)

    const list = join(directory, 'list')
    // rsync takes what begins with # or ; for a comment, also in a list that is divided by NULs.
    writeFileSync(list, names.map(name => `./${name}\0`).join(''))
    await rsync(ssh, {
      options: ['--times', '--from0', `--files-from=${list}`],
      from: { local: `${directory}/here/` },
      to: { remote: `${directory}/there/` },
    })
    t.strictSame(readdirSync(join(directory, 'there')).toSorted(), names.toSorted(), 'all at once, by a list')

    // What is brought from there may have wildcards, which the rsync there understands; no file of ours has any.
    const plain = names.filter(name => !/[*?[]/.test(name))
    for (const name of plain) {
      const from = { remote: `${directory}/there/${name}` }
      await rsync(ssh, { options: [], from, to: { local: join(directory, 'back', name) } })
    }
    t.strictSame(readdirSync(join(directory, 'back')).toSorted(), plain.toSorted(), 'one by one, by their paths')
    t.ok(plain.every(name => readFileSync(join(directory, 'back', name), 'utf8') === name))
    t.strictSame(readdirSync(join(directory, 'home')), [], 'no command in a name was run')
    t.notOk(existsSync(mark))
  })

  void t.test('also into directories with odd names, and beside an odd --link-dest', async t => {
    const directory = scratch(t)
    const ssh = throughAShell(directory)
    mkdirSync(join(directory, 'here'))
    writeFileSync(join(directory, 'here', 'file'), 'x')
    // rsync there understands wildcards in a path, though no shell does; no path of ours has any.
    const names = oddNames('MARK').filter((name, index) => index % 3 === 0 && !/[*?[]/.test(name))
    for (const name of names) {
      const [first, second] = [`${directory}/there/${name}/1`, `${directory}/there/${name}/2`]
      mkdirSync(`${directory}/there/${name}`, { recursive: true })
      await rsync(ssh, {
        options: ['--archive'],
        from: { local: `${directory}/here/` },
        to: { remote: `${first}/` },
      })
      if (!existsSync(`${first}/file`)) t.fail(`it did not arrive: ${JSON.stringify(name)}`)
      await rsync(ssh, {
        options: ['--archive', `--link-dest=${first}`],
        from: { local: `${directory}/here/` },
        to: { remote: `${second}/` },
      })
      if (statSync(`${second}/file`).nlink !== 2) t.fail(`it was not linked: ${JSON.stringify(name)}`)
    }
    t.strictSame(readdirSync(join(directory, 'home')), [])
  })

  void t.test('also where the user has set rsync to its old ways', async t => {
    const directory = scratch(t)
    const ssh = throughAShell(directory)
    process.env['RSYNC_OLD_ARGS'] = '1'
    process.env['RSYNC_PROTECT_ARGS'] = '0'
    t.teardown(() => {
      delete process.env['RSYNC_OLD_ARGS']
      delete process.env['RSYNC_PROTECT_ARGS']
    })
    mkdirSync(join(directory, 'here'))
    writeFileSync(join(directory, 'here', '$(touch MARK) x'), 'x')
    await rsync(ssh, {
      options: [],
      from: { remote: `${directory}/here/$(touch MARK) x` },
      to: { local: join(directory, 'back') },
    })
    t.ok(existsSync(join(directory, 'back')))
    t.strictSame(readdirSync(join(directory, 'home')), [])
  })
  t.end()
})

void t.test('what a plan names never stands in a line that a shell on a host reads', async t => {
  // All that PMS 3.1 allows, and what a repository's author could still try.
  const odd = ['A+b_C-1.2', '$(touch MARK)', '; touch MARK', "'`touch MARK`'", '-rf', '~root', 'a\nb', 'MARK']
  const packages = odd.map((text, index) =>
    ebuild(`MARK${index}${text}`, {
      cpv: `MARK-cat+.x_${index}/MARK+pn_-${index}.2_rc4-r5`,
      slot: `MARK${text}`,
      subSlot: `MARK${text}`,
      repo: `MARK${text}`,
      use: [`MARK${text}`],
      distfiles: [{ name: `MARK${text.replaceAll('/', '')}.tar`, size: 1 }],
      variables: { CFLAGS: `-DMARK=${text}` },
    }),
  )
  const request = requestOf(packages, [], { environment: { USE: 'MARK $(id)' }, nodeps: true })
  const plan = makePlan(request)
  const byId = new Map(packages.map(each => [each.id, each]))
  const commands = plan.packages.flatMap(target =>
    jobCommands(target, target.steps, byId, jobEnvironment(request, '-j8'), true),
  )

  const ssh = standIn(t, 'ssh')
  const rsyncWords = standIn(t, 'rsync')
  await connection.open(agentCommand(await agentSource()), 10)
  t.notMatch(ssh().join('\0'), /MARK/, 'ssh: the agent’s own line and nothing else')
  for (const { name } of packages.flatMap(each => each.distfiles)) {
    await rsync(connection, { options: [], from: { local: `/here/${name}` }, to: { remote: `/farm/${name}` } })
    const words = rsyncWords()
    t.notMatch(words[words.indexOf('-e') + 1], /MARK/, 'rsync: not in the words of its shell')
    t.ok(words.includes('-s') && words.at(-1) === `root@big.lan:/farm/${name}`)
  }
  t.ok(
    commands.every(({ argv }) => argv.every(word => typeof word === 'string' && !word.includes('\0'))),
    'the rest goes to the agent as JSON, in words of their own',
  )
  t.ok(
    commands.every(({ argv }) => argv[0] === '/usr/bin/emerge'),
    'and no shell is among them',
  )
})

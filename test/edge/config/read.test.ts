import { execFileSync } from 'node:child_process'
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formatProblems } from '../../../lib/edge/config/problem.ts'
import { readFarmConfig } from '../../../lib/edge/config/read.ts'
import { projectFile } from '../../../lib/edge/project.ts'

/** What is told about a file with this content, or made of it by `make`. */
async function told(t: Tap, content: string | Buffer | null, make?: (path: string) => void) {
  const path = join(t.testdir({}), 'farm.yaml')
  if (content !== null) writeFileSync(path, content)
  make?.(path)
  const result = await readFarmConfig(path)
  if (result.ok) throw new Error('taken')
  t.not(result.problems.length, 0)
  t.match(formatProblems(result), path)
  const [first] = result.problems
  return { ...result, first, at: `${first?.line}:${first?.column} ${first?.message} | ${first?.hint}` }
}

type Tap = Pick<typeof t, 'testdir' | 'not' | 'match'>

void t.test('a good file', async t => {
  const path = join(t.testdir({ 'farm.yaml': 'hosts: [root@a]\n' }), 'farm.yaml')
  t.match(await readFarmConfig(path), { ok: true, config: { hosts: [{ name: 'a', ssh: 'root@a' }] } })
})

void t.test('the examples are good, and the full one has its defaults right', async t => {
  t.match(await readFarmConfig(projectFile('examples/farm.yaml')), { ok: true, config: { hosts: { length: 2 } } })
  t.match(await readFarmConfig(projectFile('examples/farm-full.yaml')), {
    ok: true,
    config: {
      hosts: [
        { name: 'big', jobs: 4, only: ['*/*'], prefer: { length: 2 } },
        { name: 'small.lan', jobs: 2 },
      ],
      intercept: 'notice',
      stay: { length: 2 },
      kernelModules: 'stay',
      connectTimeout: 10,
      stuckAfter: 1800,
      largestPackage: 16 * 2 ** 30,
      keep: { days: 60, bytes: 20 * 2 ** 30 },
    },
  })
})

void t.test('the example with a store is good', async t => {
  t.match(await readFarmConfig(projectFile('examples/farm-store.yaml')), {
    ok: true,
    config: { hosts: { length: 0 }, store: { path: '/mnt/farm', jobs: 0 } },
  })
})

void t.test('a link to a good file', async t => {
  const dir = t.testdir({ real: 'hosts: [a]\n', 'farm.yaml': t.fixture('symlink', 'real') })
  t.match(await readFarmConfig(join(dir, 'farm.yaml')), { ok: true })
})

void t.test('what is wrong in it has its line shown', async t => {
  const { problems, missing } = await told(t, 'hosts:\n  - ssh: a\n    jobs: 0\n')
  t.equal(missing, false)
  t.match(problems, [{ line: 3, column: 5, length: 7, source: '    jobs: 0' }])
})

void t.test('no file', async t => {
  const { missing, first, at } = await told(t, null)
  t.equal(missing, true)
  t.match(first, { line: 1, column: 1, source: null })
  t.match(at, /there is no such file/)
})

void t.test('a path that is none', async t => {
  t.match(await readFarmConfig('a\u0000b'), { ok: false, missing: false, problems: [/./] })
  t.match(await readFarmConfig(''), { ok: false, problems: [/./] })
  const file = join(t.testdir({ file: '' }), 'file')
  t.match(await readFarmConfig(join(file, 'farm.yaml')), {
    ok: false,
    problems: [{ message: /cannot be read: ENOTDIR/ }],
  })
})

void t.test('a link to nowhere', async t => {
  const { missing, at } = await told(t, null, path => {
    symlinkSync('/nowhere/farm.yaml', path)
  })
  t.equal(missing, false)
  t.match(at, /symbolic link to \/nowhere\/farm\.yaml, which does not exist/)
})

void t.test('a link to itself', async t => {
  const { at } = await told(t, null, path => {
    symlinkSync(path, path)
  })
  t.match(at, /leads to itself/)
})

void t.test('a directory', async t => {
  const result = await readFarmConfig(t.testdir({}))
  t.match(result, { ok: false, missing: false, problems: [{ line: 1, column: 1, message: /it is a directory/ }] })
})

void t.test('a named pipe is not waited for', async t => {
  const { at } = await told(t, null, path => execFileSync('mkfifo', [path]))
  t.match(at, /it is a named pipe/)
})

void t.test('a device', async t => {
  t.match(await readFarmConfig('/dev/zero'), { ok: false, problems: [{ message: /it is a device/ }] })
})

void t.test('no permission', async t => {
  const path = join(t.testdir({ 'farm.yaml': 'hosts: [a]\n' }), 'farm.yaml')
  chmodSync(path, 0)
  // root reads everything: be somebody else for the moment.
  const root = process.geteuid?.() === 0
  if (root) process.seteuid?.(65534)
  const result = await readFarmConfig(path).finally(() => {
    if (root) process.seteuid?.(0)
  })
  t.match(result, { ok: false, missing: false, problems: [{ message: /permission denied/, source: null }] })
})

void t.test('too large', async t => {
  const { at } = await told(t, `hosts: [a]\n${'#'.repeat(1024 * 1024)}\n`)
  t.match(at, /^1:1 the file is larger than 1 MiB/)
})

void t.test('the largest, full of comments', async t => {
  const path = join(t.testdir({}), 'farm.yaml')
  writeFileSync(path, `hosts: [a]\n${`# ${'x'.repeat(97)}\n`.repeat(10_000)}`)
  t.match(await readFarmConfig(path), { ok: true })
})

void t.test('not UTF-8', async t => {
  const latin1 = await told(t, Buffer.from('hosts:\n  - a # f\xfcr mich\n', 'latin1'))
  t.match(latin1.at, /^2:10 the byte 0xfc is not UTF-8 \| .*iconv/)
  t.match(latin1.first, { source: '  - a # f\ufffdr mich' })
})

void t.test('not UTF-8 behind what is, to the byte', async t => {
  const cut = Buffer.concat([Buffer.from('\ufeffä\ufffd😀: '), Buffer.from([0xef, 0xbf]), Buffer.from('\n')])
  t.match((await told(t, cut)).at, /^1:6 the byte 0xef is not UTF-8/)
})

void t.test('UTF-16', async t => {
  t.match((await told(t, Buffer.from('\ufeffhosts: [a]', 'utf16le'))).at, /UTF-16/)
})

void t.test('NUL bytes', async t => {
  const { at } = await told(t, 'hosts:\n  - a\u0000b\n')
  t.match(at, /^2:6 there is a control character \(U\+0000\)/)
})

void t.test('control characters, the first of each line', async t => {
  const { problems } = await told(t, 'hosts:\u001b\u001b\r\n  - a\rb\n\n  - c\u009b\u007f')
  t.match(
    problems.map(({ line, column, message }) => `${line}:${column} ${message}`),
    [/^1:7 .*001B/, /^2:6 .*000D/, /^4:6 .*009B/],
  )
  t.equal(problems.length, 3)
})

void t.test('no text at all', async t => {
  const noise = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 73) % 256))
  t.match((await told(t, noise)).at, /is not UTF-8/)
})

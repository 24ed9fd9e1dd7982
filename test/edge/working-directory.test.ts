/** Where a command is called is nothing to what it starts: no module is loaded from there (CWE-427). */
import { chmodSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import t, { type Test } from 'tap'
import { agentCommand, AgentClient, agentSource } from '../../lib/edge/host/agent.ts'
import { LocalConnection } from '../../lib/edge/host/local.ts'
import { Inspector } from '../../lib/edge/inspector.ts'
import { projectFile } from '../../lib/edge/project.ts'
import { attributesKept } from '../../lib/edge/shared/attributes.ts'
import { Layout } from '../../lib/edge/shared/layout.ts'
import { hostConfig } from './host/support.ts'

/** What Python itself imports, what programs of ours do, and what sees to it that Python starts. */
const NAMES = [
  ...['json', 'os', 'site', 'sitecustomize', 'usercustomize', 'sys', 'types', 'importlib', 'encodings', 'io', 'codecs'],
  ...['functools', 'subprocess', 'threading', 'hashlib', 'struct', 'tempfile', 'socket', 'shutil', 'portage', 'runpy'],
  ...['locale', 'shlex', 're', 'signal', 'fcntl', 'ctypes', 'portage_farm', 'farm_agent', 'farm_lines', '_emerge'],
]

/** A directory of somebody else, which this process is in. Returns the names of the modules that were loaded from there. */
function elsewhere(t: Test): () => string[] {
  const directory = t.testdir({ marks: {} })
  for (const name of NAMES) {
    const mark = join(directory, 'marks', name)
    const text = `open(${JSON.stringify(mark)}, "w").close()\nraise ImportError("of the working directory")\n`
    writeFileSync(join(directory, `${name}.py`), text)
    mkdirSync(join(directory, 'packages', name), { recursive: true })
    writeFileSync(join(directory, 'packages', name, '__init__.py'), text)
  }
  const before = process.cwd()
  process.chdir(directory)
  t.teardown(() => {
    process.chdir(before)
  })
  return () => readdirSync(join(directory, 'marks'))
}

/** Makes this process's environment point Python at the working directory. */
function pointPython(t: Test): void {
  for (const [name, value] of Object.entries({ PYTHONPATH: `:${process.cwd()}`, PYTHONSTARTUP: 'json.py' })) {
    const before = process.env[name]
    process.env[name] = value
    t.teardown(() => {
      if (before === undefined) Reflect.deleteProperty(process.env, name)
      else process.env[name] = before
    })
  }
}

void t.test('such a module runs where Python is started without care', async t => {
  const loaded = elsewhere(t)
  await execa('python3', ['-c', 'import json'], { reject: false })
  t.strictSame(loaded(), ['json'], 'so the test can fail')
})

for (const isPointed of [false, true]) {
  const how = isPointed ? ', also where the environment says that they are' : ''

  void t.test(`the agent on this machine loads none${how}`, async t => {
    const loaded = elsewhere(t)
    if (isPointed) pointPython(t)
    const source = await agentSource()
    const process_ = new LocalConnection(hostConfig({ ssh: null })).open(agentCommand(source))
    const agent = new AgentClient(source, process_.stdin, process_.stdout, () => undefined)
    const dir = join(t.testdirName, 'farm')
    t.match(await agent.ask('facts', { dir, client: 'c' }).answer, { uid: process.geteuid?.() })
    // The run's keeper is a Python of its own.
    const hello = { dir, client: 'c', run: 'r', boot: source.boot, linger: 0, again: false }
    t.match(await agent.ask('hello', hello).answer, { run: `${dir}/clients/c/runs/r` })
    t.strictSame(await agent.ask('leave').answer, {})
    agent.close('done')
    await process_
    t.strictSame(loaded(), [])
  })

  void t.test(`the reader of packages loads none${how}`, async t => {
    const loaded = elsewhere(t)
    if (isPointed) pointPython(t)
    const inspector = new Inspector('python3')
    t.match(await inspector.inspect('/nonexistent', { libc: [], needs: [], most: 2 ** 20 }), { ok: false })
    await inspector.close()
    t.strictSame(loaded(), [])
  })

  void t.test(`the trial of a store's file system loads none${how}`, async t => {
    const loaded = elsewhere(t)
    const store = join(t.testdirName, 'store')
    mkdirSync(store)
    const layout = await Layout.openOrMake(store)
    if (isPointed) pointPython(t)
    t.type(await attributesKept(layout, 'python3'), Array)
    t.strictSame(loaded(), [])
  })
}

/** A stock emerge that says where it is and what it would import from. */
const STOCK = `import os, sys, json
import portage
print(json.dumps({"cwd": os.getcwd(), "argv": sys.argv[1:], "first": sys.path[0], "json": json.__file__}))
`

void t.test('the shim loads none, and stock emerge is in the directory that it was called in', async t => {
  const loaded = elsewhere(t)
  const python = (await execa('python3', ['-I', '-c', 'import sys; print(sys.executable)'])).stdout
  const bin = join(t.testdirName, 'bin')
  const other = join(t.testdirName, 'other/bin')
  for (const directory of [bin, other]) mkdirSync(directory, { recursive: true })
  // Another Python than the one that runs the shim, so that it is asked and becomes that: a virtual environment.
  await execa(python, ['-m', 'venv', '--without-pip', join(t.testdirName, 'other')], { cwd: '/' })
  const packages = join(t.testdirName, 'other/lib')
  const [version = ''] = readdirSync(packages)
  mkdirSync(join(packages, version, 'site-packages/portage'))
  writeFileSync(join(packages, version, 'site-packages/portage/__init__.py'), '')
  writeFileSync(join(bin, 'emerge'), `#!${other}/python3\n${STOCK}`)
  chmodSync(join(bin, 'emerge'), 0o755)
  // There is a farm.yaml, so that this goes beyond `exec`.
  const root = join(t.testdirName, 'root')
  mkdirSync(join(root, 'etc/portage'), { recursive: true })
  writeFileSync(join(root, 'etc/portage/farm.yaml'), 'hosts: [root@nowhere.invalid]\n')
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, PORTAGE_CONFIGROOT: root }
  const emerge = projectFile('hooks/emerge')
  const { stdout, stderr } = await execa(emerge, ['./some.ebuild', '--pretend'], { env, reject: false })
  t.strictSame(loaded(), [])
  t.match(JSON.parse(stdout), { cwd: process.cwd(), argv: ['./some.ebuild', '--pretend'], first: bin }, stderr)
  t.notOk(existsSync(join(projectFile('hooks'), '__pycache__')))
  // The Portage of this test is an empty one: it came as far as to look for more of that, as the other Python.
  t.match(stderr, /^ \* portage-farm: its part inside emerge cannot be loaded \(.*'portage\.\w+'\); building here$/)
})

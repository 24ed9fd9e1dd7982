/** Calls emerge as people do, and looks at what lies around it: the facts of lib/core/reach.ts. */
import { constants } from 'node:fs'
import { access, lstat, mkdtemp, readFile, readlink, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { execa } from 'execa'
import { quote } from '../core/quote.ts'
import { type Answer, type Call, type ReachFacts, SHIM, type ShimPlace } from '../core/reach.ts'
import { ajv, optional, string } from './json-shape.ts'
import { projectFile, projectVersion } from './project.ts'
import { bashrcReadsSnippet, SNIPPET } from './setup.ts'

/** Milliseconds that a shell with its startup files and an emerge have: it takes a second or two. */
const TIMEOUT = 30_000
/** Shells that remember where a command was. */
const REMEMBERS = new Set(['bash', 'zsh', 'dash', 'sh', 'ash', 'ksh', 'mksh', 'tcsh', 'csh'])
const NO_LOGIN = new Set(['nologin', 'false', 'true', 'sync'])

/** `config`: the farm.yaml that is checked. Calling it changes nothing: it is `emerge --version`. */
export async function reachFacts(config: string): Promise<ReachFacts> {
  const directory = await mkdtemp(join(tmpdir(), 'pf-'))
  try {
    const [shell, sudo, place, older, snippet, bashrcReads] = await Promise.all([
      callFromShell(directory),
      callThroughSudo(directory),
      shimPlace(),
      olderShell(),
      snippetState(),
      bashrcReadsSnippet(),
    ])
    const own = { shim: await realpath(projectFile('hooks/emerge')), version: projectVersion() }
    return { own, config, place, shell, sudo, older, snippet, bashrcReads }
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** From an interactive shell of this user, so that aliases, functions and PATH are those that a person has. */
async function callFromShell(directory: string): Promise<Call | null> {
  const program = process.env['SHELL'] ?? userInfo().shell ?? ''
  if (!program.startsWith('/') || NO_LOGIN.has(basename(program))) return null
  const [environmentFile, meaningFile] = [join(directory, 'environment'), join(directory, 'meaning')]
  const script = `env >${quote(environmentFile)}; type emerge >${quote(meaningFile)} 2>&1; emerge --version`
  const { answer, timedOut } = await call(directory, 'shell', program, ['-ic', script], process.env)
  const environment = await readFile(environmentFile, 'utf8').catch(() => null)
  const path = (/^PATH=(.*)$/m.exec(environment ?? '')?.[1] ?? '').split(':')
  const meaning = (await readFile(meaningFile, 'utf8').catch(() => '')).trim()
  const outcome = timedOut ? 'timeout' : environment === null ? 'not called' : 'called'
  return { from: { kind: 'shell', program }, answer, outcome, path, found: await firstIn(path), meaning }
}

/** As sudo would call it: with its own PATH, if it has one, and next to nothing else in the environment. */
async function callThroughSudo(directory: string): Promise<Call | null> {
  if (process.geteuid?.() !== 0) return null
  const said = await execa('sudo', ['-V'], { reject: false, stdin: 'ignore', env: { LC_ALL: 'C' } })
  if (said.exitCode !== 0) return null
  const secure = /^Value to override user's \$PATH with: (.+)$/m.exec(said.stdout)?.[1]
  // Without a path of its own it leaves the caller's as it is.
  const PATH = secure ?? process.env['PATH'] ?? ''
  const { TERM = 'dumb' } = process.env
  const environment = { PATH, TERM, HOME: '/root', SHELL: '/bin/sh', USER: 'root', LOGNAME: 'root', SUDO_UID: '0' }
  const { answer, timedOut } = await call(directory, 'sudo', 'emerge', ['--version'], environment)
  const path = PATH.split(':')
  const outcome = timedOut ? 'timeout' : 'called'
  return { from: { kind: 'sudo' }, answer, outcome, path, found: await firstIn(path), meaning: '' }
}

/** Runs a command in a session of its own, since an interactive shell takes the terminal of the one that it is in. */
async function call(
  directory: string,
  name: string,
  program: string,
  argv: string[],
  environment: NodeJS.ProcessEnv,
): Promise<{ answer: Answer | null; timedOut: boolean }> {
  const file = join(directory, name)
  // The shim writes only into a file that is there, is empty and belongs to who calls it.
  await writeFile(file, '', { mode: 0o600, flag: 'wx' })
  const running = execa(program, argv, {
    env: { ...environment, PORTAGE_FARM_PROBE: file },
    extendEnv: false,
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'ignore',
    detached: true,
    reject: false,
  })
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    if (running.pid !== undefined) process.kill(-running.pid, 'SIGKILL')
  }, TIMEOUT)
  await running
  clearTimeout(timer)
  return { answer: readAnswer(await readFile(file, 'utf8')), timedOut }
}

const isAnswer = ajv.compile<Answer>({
  type: 'object',
  properties: {
    reached: { type: 'boolean' },
    shim: string,
    version: { type: 'string', nullable: true },
    config: string,
    interpreter: string,
    ...Object.fromEntries(
      ['stock', 'script', 'portage', 'library', 'node', 'unavailable', 'code', 'reason'].map(field => [
        field,
        { ...string, ...optional },
      ]),
    ),
  },
  required: ['reached', 'shim', 'version', 'config', 'interpreter'],
})

function readAnswer(text: string): Answer | null {
  try {
    const answer: unknown = JSON.parse(text)
    return isAnswer(answer) ? answer : null
  } catch {
    return null
  }
}

/** The first emerge in some directories, as a shell looks for it. */
async function firstIn(path: readonly string[]): Promise<string | null> {
  for (const directory of path) {
    const file = join(directory === '' ? '.' : directory, 'emerge')
    const found = await stat(file).catch(() => null)
    const mayRun = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found?.isFile() === true && mayRun) return file
  }
  return null
}

async function shimPlace(): Promise<ShimPlace> {
  const found = await lstat(SHIM).catch(() => null)
  if (!found) return { state: 'missing' }
  const target = found.isSymbolicLink() ? resolve(dirname(SHIM), await readlink(SHIM)) : SHIM
  const real = await realpath(SHIM).catch(() => null)
  if (real === null) return { state: 'dangling', target }
  if (real === (await realpath(projectFile('hooks/emerge')))) return { state: 'ours' }
  const beginning = (await readFile(real, 'latin1').catch(() => '')).slice(0, 512)
  return beginning.includes('The portage-farm shim:') ? { state: 'other', target } : { state: 'foreign' }
}

async function snippetState(): Promise<ReachFacts['snippet']> {
  const [there, own] = await Promise.all([
    readFile(SNIPPET, 'utf8').catch(() => null),
    readFile(projectFile('bashrc.d/50-portage-farm.sh'), 'utf8'),
  ])
  if (there === null) return 'missing'
  return there === own ? 'same' : 'different'
}

/** The nearest shell at a terminal which called this, is this user's, and was there before the shim was. */
async function olderShell(): Promise<ReachFacts['older']> {
  const shim = await lstat(SHIM).catch(() => null)
  const booted = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8').catch(() => ''))?.[1] ?? NaN)
  if (!shim || Number.isNaN(booted)) return null
  for (let pid = process.ppid; pid > 1;) {
    const [text, owner] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
      stat(`/proc/${pid}`).catch(() => null),
    ])
    // proc(5): the name stands in parentheses, and may have such itself; behind it are fields from the third on.
    const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'))
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    if (owner?.uid !== process.geteuid?.() || fields.length < 20) return null
    const [parent, terminal, started] = [Number(fields[1]), Number(fields[4]), Number(fields[19])]
    // Clock ticks are hundredths of a second in /proc, on every architecture that Gentoo has.
    const isOlder = (booted + started / 100) * 1000 < shim.ctimeMs
    if (terminal !== 0 && REMEMBERS.has(name.replace(/^-/, ''))) return isOlder ? { program: name, pid } : null
    pid = parent
  }
  return null
}

/** Whether an emerge comes to the farm, and what stands in between: found out from what calling it has shown. */

/** The file that `portage-farm setup` puts before the stock emerge, in root's PATH and in sudo's secure_path. */
export const SHIM = '/usr/local/sbin/emerge'
const SHIM_DIRECTORY = '/usr/local/sbin'

/** What lies at the shim's place. */
export type ShimPlace =
  | { state: 'ours' }
  /** A link to the shim of another copy of portage-farm. */
  | { state: 'other'; target: string }
  /** A link to a file that is not there. */
  | { state: 'dangling'; target: string }
  | { state: 'foreign' }
  | { state: 'missing' }

/** What the shim wrote when it was called: hooks/portage_farm/probe.py. */
export interface Answer {
  reached: boolean
  /** The real path of the shim. */
  shim: string
  /** The version of its portage-farm; null if it could not tell. */
  version: string | null
  /** The farm.yaml that it goes by. */
  config: string
  /** The Python that runs it. */
  interpreter: string
  /** The emerge behind it, that one's Python script, and its Portage, as far as it came. */
  stock?: string
  script?: string
  portage?: string
  /** What it would start the library with, or why it could not. */
  library?: string
  node?: string
  unavailable?: string
  /** Why it was not reached: a word for programs, and the words for people. */
  code?: string
  reason?: string
}

/** One emerge that was called, and what came of it. */
export interface Call {
  /** How a person calls it. */
  from: { kind: 'shell'; program: string } | { kind: 'sudo' }
  answer: Answer | null
  /** Whether emerge was called at all: a shell's startup files may end it, or wait for ever. */
  outcome: 'called' | 'not called' | 'timeout'
  /** The directories in which it was looked for. */
  path: string[]
  /** The first emerge in them. */
  found: string | null
  /** What the shell itself says that emerge is; empty if it does not. */
  meaning: string
}

export interface ReachFacts {
  /** Those of the running portage-farm: the real path of its shim, and its version. */
  own: { shim: string; version: string }
  /** The farm.yaml that is checked. */
  config: string
  place: ShimPlace
  /** Null: the user has no login shell. */
  shell: Call | null
  /** Null: there is no sudo here, or it is not this user's to look at. */
  sudo: Call | null
  /** A shell that called this and is older than the shim; null if there is none. */
  older: { program: string; pid: number } | null
  /** The hook in bashrc.d: whether it is the one of the running portage-farm. */
  snippet: 'same' | 'different' | 'missing'
  /** Whether Portage's bashrc reads that directory. */
  bashrcReads: boolean
}

export interface ReachFinding {
  /** `stop`: emerge does not come to the farm. */
  level: 'stop' | 'note'
  /** What is wrong, and where. */
  text: string
  /** What to do. */
  mend: string
}

/** Everything that is worth saying, the worst first. */
export function reachFindings(facts: ReachFacts): ReachFinding[] {
  const place = placeFinding(facts.place)
  const calls = [facts.shell, facts.sudo].flatMap(call => (call ? callFindings(call, facts, place !== null) : []))
  const all = [...(place ? [place] : []), ...calls, ...(place ? [] : noticing(facts))]
  return all.sort((one, other) => Number(one.level === 'note') - Number(other.level === 'note'))
}

/** Whether this call came to the farm, and would find a library there. */
export function hasReached(call: Call): boolean {
  return call.answer?.reached === true && call.answer.unavailable === undefined
}

/** "from bash", "through sudo". */
export function way({ from }: Call): string {
  return from.kind === 'sudo' ? 'through sudo' : `from ${baseName(from.program)}`
}

const stop = (text: string, mend: string): ReachFinding => ({ level: 'stop', text, mend })
const note = (text: string, mend: string): ReachFinding => ({ level: 'note', text, mend })

const SETUP = 'run `portage-farm setup`'

function placeFinding(place: ShimPlace): ReachFinding | null {
  switch (place.state) {
    case 'missing':
      return stop(`there is no shim at ${SHIM}`, SETUP)
    case 'dangling':
      return stop(`the shim ${SHIM} leads to ${place.target}, which is gone: portage-farm was moved or removed`, SETUP)
    case 'foreign':
      return stop(`${SHIM} is not portage-farm's shim`, 'move it away, then run `portage-farm setup`')
    case 'ours':
    case 'other':
      return null
    default:
      return place satisfies never
  }
}

/** `explained`: what lies at the shim's place says already why nothing answers. */
function callFindings(call: Call, facts: ReachFacts, explained: boolean): ReachFinding[] {
  const { answer } = call
  if (answer?.reached === true) return reachedFindings(call, answer, facts)
  if (answer) return [asideFinding(call, answer)]
  if (call.outcome !== 'called') return [notCalled(call)]
  return explained ? [] : [unanswered(call, facts)]
}

function reachedFindings(call: Call, answer: Answer, { own, config }: ReachFacts): ReachFinding[] {
  const found: ReachFinding[] = []
  if (answer.unavailable !== undefined) {
    const mend = /\bnode\b/.test(answer.unavailable)
      ? 'install net-libs/nodejs, or set PORTAGE_FARM_NODE to the path of node'
      : 'install portage-farm again'
    found.push(stop(`${way(call)}, the shim cannot start portage-farm: ${answer.unavailable}`, mend))
  }
  if (answer.shim !== own.shim) {
    const theirs = `${answer.shim}, of portage-farm ${answer.version ?? '(unknown version)'}`
    found.push(
      note(`${way(call)}, emerge is ${theirs}; this is ${own.version}, with ${own.shim}`, `${SETUP} to use this`),
    )
  }
  if (answer.config !== config) {
    found.push(note(`${way(call)}, emerge goes by ${answer.config}, not by ${config}`, configRoot(answer.config)))
  }
  return found
}

function asideFinding(call: Call, { code = '', reason = '', stock = '', script = '', config }: Answer): ReachFinding {
  const text = `${way(call)}, ${reason}`
  const startup = call.from.kind === 'sudo' ? "sudo's env_keep" : `the startup files of ${baseName(call.from.program)}`
  switch (code) {
    case 'off':
      return stop(text, `unset PORTAGE_FARM, also in ${startup}`)
    case 'prefix':
      return stop(text, `unset EPREFIX, also in ${startup}`)
    case 'user':
      return stop(text, 'run emerge, and this check, as root')
    case 'no-config':
      return stop(text, configRoot(config))
    case 'not-python':
      return script === '' || script === stock
        ? stop(text, `rename ${stock}, or let it be found after Portage's own emerge`)
        : stop(text, 'install sys-apps/portage again')
    case 'no-script':
      return stop(text, 'look at EPYTHON, /etc/python-exec/emerge.conf and /etc/python-exec/python-exec.conf')
    case 'interpreter':
    case 'no-portage':
      return stop(text, 'install sys-apps/portage again, for a Python that is there')
    case 'no-emerge':
      return stop(text, 'install sys-apps/portage')
    default:
      return stop(text, 'update portage-farm: it does not know this Portage')
  }
}

/** What to do about a farm.yaml that is looked for in an unexpected place. */
function configRoot(config: string): string {
  return config.startsWith('/etc/')
    ? `write ${config}, or pass it with --config where it is`
    : `unset PORTAGE_CONFIGROOT, or keep the farm.yaml that counts in ${config}`
}

function notCalled(call: Call): ReachFinding {
  if (call.outcome === 'timeout')
    return stop(`${way(call)}, emerge --version did not end in time`, 'call it to see why')
  return stop(`${way(call)}, emerge could not be called: the shell did not run a command`, 'look at its startup files')
}

function unanswered(call: Call, { place }: ReachFacts): ReachFinding {
  const { found, path, meaning, from } = call
  if (found === null) return stop(`${way(call)}, there is no emerge in PATH (${path.join(':')})`, addToPath(call))
  if (meaning !== '' && !meansFile(meaning, found)) {
    const what = meaning.split('\n')[0] ?? ''
    return stop(
      `${way(call)}, something else than ${SHIM} is called: ${what}`,
      `remove that alias or function from the startup files of ${from.kind === 'shell' ? baseName(from.program) : 'the shell'}`,
    )
  }
  if (found !== SHIM) {
    if (!path.includes(SHIM_DIRECTORY)) {
      return stop(`${way(call)}, PATH lacks ${SHIM_DIRECTORY}, so that emerge is ${found}`, addToPath(call))
    }
    const folder = found.slice(0, found.lastIndexOf('/'))
    return stop(`${way(call)}, ${found} comes before the shim in PATH`, movePath(call, folder, found))
  }
  if (place.state === 'other') {
    return stop(`${way(call)}, emerge is ${place.target}, of an older portage-farm`, `${SETUP} to use this one`)
  }
  return stop(`${way(call)}, the shim ${SHIM} does not answer`, 'run `emerge --version` to see why')
}

/** Whether the words of `type emerge` name that file: "emerge is /usr/bin/emerge", "emerge is hashed (/usr/bin/emerge)". */
function meansFile(meaning: string, file: string): boolean {
  const words = meaning.trim()
  return !words.includes('\n') && (words.endsWith(` ${file}`) || words.endsWith(`(${file})`))
}

function addToPath({ from }: Call): string {
  return from.kind === 'sudo'
    ? `put ${SHIM_DIRECTORY} before /usr/bin in secure_path, with visudo`
    : `put ${SHIM_DIRECTORY} before /usr/bin in PATH`
}

function movePath({ from }: Call, folder: string, found: string): string {
  const where = from.kind === 'sudo' ? 'secure_path, with visudo' : 'PATH'
  return `put ${SHIM_DIRECTORY} before ${folder} in ${where}, or rename ${found}`
}

/** What does not keep emerge from the farm, but may soon, or keeps a merge that goes round it from being noticed. */
function noticing({ older, snippet, bashrcReads, own }: ReachFacts): ReachFinding[] {
  const hook = '/etc/portage/bashrc.d/50-portage-farm.sh'
  return [
    ...(older
      ? [
          note(
            `${older.program} (process ${older.pid}) is older than the shim, and may remember where emerge was before`,
            'run `hash -r` there, or open a new shell',
          ),
        ]
      : []),
    ...(snippet === 'missing'
      ? [note(`${hook} is missing, so that nobody notices a merge that goes round the shim`, SETUP)]
      : []),
    ...(snippet === 'different' ? [note(`${hook} is not the one of portage-farm ${own.version}`, SETUP)] : []),
    ...(snippet !== 'missing' && !bashrcReads
      ? [
          note(
            `/etc/portage/bashrc does not read ${hook}, so that nobody notices a merge that goes round the shim`,
            SETUP,
          ),
        ]
      : []),
  ]
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

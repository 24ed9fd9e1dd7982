/** The builds that are remembered: one file, a JSON line for each, to which only is appended. */
import { createReadStream } from 'node:fs'
import { appendFile, mkdir, open, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { readEmergeLog } from '../core/history/emerge-log.ts'
import { UNMEASURED, type Observation } from '../core/history/observation.ts'

const FILE = 'history.jsonl'

const MEASURED = Object.keys(UNMEASURED)

/** Portage writes it there, unless EMERGE_LOG_DIR says otherwise. */
const EMERGE_LOG = '/var/log/emerge.log'

/** Bytes from which on the file is written anew with the newest half of its lines. */
const MOST_BYTES = 16 << 20

/** Bytes at the end of emerge.log that are read: years of it. */
const EMERGE_LOG_BYTES = 32 << 20

export class History {
  readonly #path: string

  /** `state`: the farm's directory for what it remembers. */
  constructor(state: string) {
    this.#path = join(state, FILE)
  }

  /** What is remembered. A line that a crash cut, or that is damaged, is left out. */
  async read(): Promise<Observation[]> {
    const text = await readFile(this.#path, 'utf8').catch(() => '')
    return text.split('\n').flatMap(line => {
      const parsed = parse(line)
      return parsed ? [parsed] : []
    })
  }

  /** Adds a build. A line begins on a line of its own, whatever a crash left before it. */
  async add(observation: Observation): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true })
    await this.#shorten()
    const whole = await endsWithNewline(this.#path)
    await appendFile(this.#path, `${whole ? '' : '\n'}${JSON.stringify(observation)}\n`)
  }

  async #shorten(): Promise<void> {
    const size = await stat(this.#path).then(
      found => found.size,
      () => 0,
    )
    if (size < MOST_BYTES) return
    const lines = (await readFile(this.#path, 'utf8')).split('\n')
    const next = `${this.#path}.new`
    await writeFile(next, lines.slice(lines.length >> 1).join('\n'))
    await rename(next, this.#path)
  }
}

/** What an emerge.log tells of builds here; nothing where there is none. `cores`: see readEmergeLog. */
export async function emergeLogBuilds(path: string, cores: number | null): Promise<Observation[]> {
  const size = await stat(path).then(
    found => found.size,
    () => 0,
  )
  if (size === 0) return []
  const lines: string[] = []
  const stream = createReadStream(path, { encoding: 'utf8', start: Math.max(0, size - EMERGE_LOG_BYTES) })
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) lines.push(line)
  return readEmergeLog(lines, cores)
}

/** All that is remembered of builds, on hosts and here. That something cannot be read is no reason to fail. */
export async function remember(history: History): Promise<Observation[]> {
  // Portage's own default for MAKEOPTS; nobody recorded what it was.
  const here = emergeLogBuilds(EMERGE_LOG, availableParallelism())
  const found = await Promise.allSettled([here, history.read()])
  return found.flatMap(each => (each.status === 'fulfilled' ? each.value : []))
}

async function endsWithNewline(path: string): Promise<boolean> {
  const file = await open(path).catch(() => null)
  if (!file) return true
  try {
    const { size } = await file.stat()
    if (size === 0) return true
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
    return buffer[0] === 0x0a
  } finally {
    await file.close()
  }
}

function parse(line: string): Observation | null {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  // Lines of before something was measured lack it.
  const whole: unknown = typeof value === 'object' ? { ...UNMEASURED, ...value } : value
  return isObservation(whole) ? whole : null
}

function isObservation(value: unknown): value is Observation {
  if (typeof value !== 'object' || value === null) return false
  const { cpv, cp, host, seconds, sourceBytes, at } = value as Record<string, unknown>
  const measured = MEASURED.map(name => (value as Record<string, unknown>)[name])
  return (
    [cpv, cp, host].every(each => typeof each === 'string') &&
    [seconds, sourceBytes, at].every(each => typeof each === 'number' && Number.isFinite(each)) &&
    Number(seconds) > 0 &&
    measured.every(each => each === null || typeof each === 'number')
  )
}

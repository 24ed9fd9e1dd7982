import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { parseFarmConfig } from '../../lib/edge/config/parse.ts'
import { readFarmConfig, type FarmConfigResult } from '../../lib/edge/config/read.ts'
import { always, mutatedText, some } from './mutate.ts'

t.setTimeout(60_000)

const texts = [
  'hosts:\n  - root@a\n  - ssh: root@big.lan\n    name: big\n    jobs: 4\n    dir: /srv/farm\n    root: { path: /srv/x }\n    only: [dev-qt/*]\n',
  'hosts:\n  - &h {ssh: a, jobs: 2}\n  - {ssh: "ssh://root@[::1]:22", clean: true}\ndefaults:\n  makeopts: "-j8"\n',
  'hosts: [a, b]\nexclude: ["*.o", \'/x/**\']\nintercept: require\nconnect-timeout: 30 # seconds\nstay: [sys-kernel/*]\n',
]

const pieces = [
  ...[
    '\n',
    '\t',
    '\r',
    '\0',
    '\u0007',
    '\u001b[2J',
    '\u0085',
    '\u2028',
    '\ufeff',
    ' ',
    ': ',
    '- ',
    '"',
    "'",
    '#',
    '|',
    '>',
    '%',
  ],
  ...[
    '*h',
    '&h ',
    '<<: *h\n',
    '&a [*a]',
    '!!binary x',
    '!!python/object:os.system x',
    '!x ',
    '---\n',
    '...\n',
    '%YAML 1.1\n',
  ],
  ...[
    'null',
    '~',
    'true',
    '[]',
    '{}',
    '[[[[',
    '{{{{',
    ']',
    '}',
    '-1',
    '0x7f',
    '1e999',
    '.nan',
    '9'.repeat(400),
    '2026-01-01',
  ],
  ...['__proto__: 1\n', 'constructor: {}\n', 'hosts: 7\n', 'jobs: many\n', '? [a]\n: b\n', 'x'.repeat(20_000), 'é😀'],
]

const values = fc.constantFrom(
  '~',
  '7',
  '-1',
  '1e400',
  'true',
  '""',
  '[]',
  '[[]]',
  '{}',
  '{a: b}',
  '2026-01-01',
  '!!set {a}',
  '*x',
  '"\\0"',
)

/** A text with what stands behind some `key:` replaced. */
const retyped = fc.tuple(fc.constantFrom(...texts), fc.nat(), values).map(([text, at, value]) => {
  const keys = [...text.matchAll(/(\w[\w-]*): ?([^\n,}]*)/g)]
  const found = keys[at % keys.length]
  if (!found) return text
  return text.slice(0, found.index) + `${found[1] ?? ''}: ${value}` + text.slice(found.index + found[0].length)
})

const repeated = (text: string, times: number): string => text.repeat(times)

/** Texts that are made to take long, or to be too deep. */
const heavy: [name: string, text: string][] = [
  ['brackets', repeated('[', 100_000)],
  ['braces', `hosts: ${repeated('{a: ', 50_000)}`],
  ['closed brackets', `hosts: ${repeated('[', 20_000)}${repeated(']', 20_000)}`],
  ['nested lists', `hosts:\n${repeated('- ', 50_000)}a`],
  ['deeper and deeper', Array.from({ length: 1200 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ['aliases of aliases', billion()],
  ['an alias in itself', 'hosts: &a [*a, *a]\n'],
  ['merges of merges', merges()],
  ['anchors', `hosts: [${Array.from({ length: 4_000 }, (_, n) => `&a${n} x`).join(', ')}]`],
  ['a long line', `hosts: [${repeated('a, ', 20_000)}b]`],
  ['a long word', `hosts: [${repeated('a', 1_000_000)}]`],
  ['spaces', `hosts:${repeated(' ', 1_000_000)}a`],
  ['colons', repeated(': ', 50_000)],
  ['quotes', repeated('"', 20_001)],
  ['questions', repeated('? ', 100_000)],
  ['tags', `hosts: ${repeated('!a ', 8_000)}x`],
  ['documents', repeated('---\n', 20_000)],
  ['directives', repeated('%X a\n', 4_000)],
  ['comments', repeated('#\n', 20_000)],
  ['tabs', repeated('\t\n', 20_000)],
  ['the same key', repeated('hosts: [a]\n', 3_000)],
  ['unknown keys', Array.from({ length: 4_000 }, (_, n) => `key${n}: x\n`).join('')],
  ['wrong hosts', `hosts:\n${repeated('  - {ssh: "", jobs: -1, nonsense: 1}\n', 2_000)}`],
  ['a huge number', `hosts: [a]\nconnect-timeout: ${repeated('9', 100_000)}\n`],
  ['a stray in a block', `hosts: |\n${repeated('  x\n y\n', 3_000)}`],
]

function billion(): string {
  const lines = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [${repeated(`*a${n}, `, 9)}*a${n}]\n`)
  return `a0: &a0 [x]\n${lines.join('')}hosts: *a30\n`
}

function merges(): string {
  const lines = Array.from({ length: 300 }, (_, n) => `m${n + 1}: &m${n + 1} {<<: [*m${n}, *m${n}], k${n}: 1}\n`)
  return `m0: &m0 {jobs: 1}\n${lines.join('')}hosts: [{ssh: a, <<: *m300}]\n`
}

/** Throws if what is said of a text is neither a configuration nor problems that a person can do something with. */
function says(result: FarmConfigResult | ReturnType<typeof parseFarmConfig>, lines: number): void {
  if (result.ok) {
    if (result.config.hosts.length === 0) throw new Error('no hosts')
    return
  }
  const { problems } = result
  if (problems.length === 0) throw new Error('refused without a reason')
  for (const { line, column, message, hint } of problems) {
    if (!(line >= 1 && line <= lines && column >= 1)) throw new Error(`line ${line}, column ${column} of ${lines}`)
    if (!/^[^\n]{5,1000}$/.test(message) || hint === '') throw new Error(`${message} (${hint})`)
  }
}

t.test('values of other types: a configuration, or problems with their lines', async t => {
  t.doesNotThrow(() => {
    always(retyped, 300, text => {
      says(parseFarmConfig(text, 'farm.yaml'), text.split('\n').length)
    })
  })
})

t.test('whatever bytes the file has: a configuration, or problems with their lines', async t => {
  const path = join(t.testdir({}), 'farm.yaml')
  let good = 0
  let slowest = 0
  for (const bytes of some(mutatedText(texts, pieces), 500)) {
    writeFileSync(path, bytes)
    const began = performance.now()
    const result = await readFarmConfig(path)
    slowest = Math.max(slowest, performance.now() - began)
    if (result.ok) good++
    try {
      says(result, bytes.toString().split('\n').length)
    } catch (error) {
      t.error(error, JSON.stringify(bytes.toString()))
    }
  }
  t.ok(slowest < 1000, `the slowest took ${slowest.toFixed()} ms`)
  t.ok(good > 30 && good < 300, `${good} were good`)
})

t.test('what is made to be heavy is refused like the rest, and soon', async t => {
  for (const [name, text] of heavy) {
    const began = performance.now()
    t.doesNotThrow(() => {
      says(parseFarmConfig(text, 'farm.yaml'), text.split('\n').length)
    }, name)
    const took = performance.now() - began
    t.ok(took < 3000, `${name}: ${took.toFixed()} ms`)
  }
})

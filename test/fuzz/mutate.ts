/** What the fuzz tests share: sound values with something wrong in them, from a seed that a failure tells. */
import fc from 'fast-check'

/** Set FUZZ_SEED to look elsewhere. */
const SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_101)

/** Milliseconds that a single input may take. */
const LONGEST = 1000

/** `holds` throws if something is wrong with what became of the value. */
export function always<T>(values: fc.Arbitrary<T>, runs: number, holds: (value: T) => void): void {
  const property = fc.property(values, value => {
    const began = performance.now()
    holds(value)
    const took = performance.now() - began
    if (took > LONGEST) throw new Error(`it took ${took.toFixed()} ms`)
  })
  fc.assert(property, { seed: SEED, numRuns: runs })
}

/** Values to send to another process, where they are looked at together. */
export function some<T>(values: fc.Arbitrary<T>, count: number): T[] {
  return fc.sample(values, { seed: SEED, numRuns: count })
}

/** None is an absolute path that is there: what believes it must do no harm. */
const NONSENSE: unknown[] = [
  ...[null, true, false, 0, -1, 0.5, 1e308, Number.MAX_SAFE_INTEGER, [], [null], {}, [[]], { toString: 1, valueOf: 1 }],
  ...['', ' ', 'x', '.', '..', '../../x', 'a/../../x', '/../x', '/a/../../x', '\0', 'a\0b', 'a\nb', '\u001b[2J'],
  ...['__proto__', 'constructor', 'toString', '-rf', '$(id)', '\ud800', '\u2028', 'x'.repeat(5000)],
  nested(200),
]

function nested(depth: number): unknown {
  let value: unknown = []
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

/** Names that are no fields of ours, or of everything. */
const KEYS = ['__proto__', 'constructor', 'toString', 'length', '', 'extra', '../x', '\0']

const edit = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('replace', 'replace', 'remove', 'empty', 'double', 'add', 'swap'),
  what: fc.nat(),
})
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never

/** One of the values, as JSON has it, with some changes. */
export function mutated(values: readonly unknown[]): fc.Arbitrary<unknown> {
  const any = fc.constantFrom(...values.map(value => JSON.stringify(value)))
  return fc
    .tuple(any, fc.array(edit, { minLength: 1, maxLength: 3 }))
    .map(([text, edits]) => edits.reduce<unknown>(edited, JSON.parse(text)))
}

interface Place {
  holder: Record<string, unknown>
  key: string
}

function edited(value: unknown, { at, how, what }: Edit): unknown {
  const top: { value?: unknown } = { value }
  const places = placesOf(top)
  const { holder, key } = picked(places, at)
  const found = holder[key]
  switch (how) {
    case 'replace':
      set(holder, key, structuredClone(picked(NONSENSE, what)))
      break
    case 'remove':
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else Reflect.deleteProperty(holder, key)
      break
    case 'empty':
      set(holder, key, Array.isArray(found) ? [] : typeof found === 'object' ? {} : '')
      break
    case 'double':
      if (Array.isArray(found)) set(holder, key, [found, found].flat())
      break
    case 'add':
      if (isHolder(found) && !Array.isArray(found))
        set(found, picked(KEYS, what), structuredClone(picked(NONSENSE, at + what)))
      break
    case 'swap': {
      const other = picked(places, what)
      set(holder, key, structuredClone(other.holder[other.key]))
    }
  }
  return top.value ?? null
}

/** Also for `__proto__`, as JSON.parse does. */
function set(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, writable: true, enumerable: true, configurable: true })
}

function placesOf(holder: object): Place[] {
  return Object.entries(holder).flatMap(([key, value]) => [
    { holder: holder as Record<string, unknown>, key },
    ...(isHolder(value) ? placesOf(value) : []),
  ])
}

function isHolder(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function picked<T>(list: readonly T[], number: number): T {
  return list[number % list.length] as T
}

const cut = fc.record({
  at: fc.nat(),
  how: fc.constantFrom('flip', 'insert', 'drop', 'double', 'swap', 'end'),
  what: fc.nat(),
})
type Cut = typeof cut extends fc.Arbitrary<infer T> ? T : never

/** One of the texts, with bytes flipped, `pieces` put in, and lines dropped, doubled, swapped and cut. */
export function mutatedText(texts: readonly string[], pieces: readonly string[]): fc.Arbitrary<Buffer> {
  const all = pieces.map(piece => Buffer.from(piece))
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(cut, { minLength: 1, maxLength: 4 }))
    .map(([text, cuts]) => cuts.reduce<Buffer>((bytes, each) => altered(bytes, each, all), Buffer.from(text)))
}

function altered(bytes: Buffer, { at, how, what }: Cut, pieces: readonly Buffer[]): Buffer {
  const place = at % (bytes.length + 1)
  if (how === 'insert') return Buffer.concat([bytes.subarray(0, place), picked(pieces, what), bytes.subarray(place)])
  if (how === 'end') return bytes.subarray(0, place)
  if (how === 'flip') {
    const copy = Buffer.from(bytes)
    if (place < copy.length) copy[place] = what % 256
    return copy
  }
  // latin1 keeps every byte.
  const lines = bytes.toString('latin1').split(/(?<=\n)/)
  const line = at % lines.length
  const other = what % lines.length
  if (how === 'drop') lines.splice(line, 1)
  if (how === 'double') lines.splice(other, 0, lines[line] ?? '')
  if (how === 'swap') [lines[line], lines[other]] = [lines[other] ?? '', lines[line] ?? '']
  return Buffer.from(lines.join(''), 'latin1')
}

/** A YAML document as plain values, with the place of each, and what is wrong with its keys and aliases. */
import { isAlias, isMap, isPair, isScalar, isSeq, visit, type Alias, type Node, type Pair } from 'yaml'
import type { Finding } from './finding.ts'
import { brief } from './printable.ts'
import type { Source } from './source.ts'
import type { YamlDocument } from './syntax.ts'

/** Where a value stands; offsets into the text, ends exclusive. */
export interface Place {
  /** The key, if it has one, through the end of the value. */
  start: number
  end: number
  /** The key alone, or the value if it has none. */
  keyEnd: number
  /** The value alone; for an alias, what it stands for. */
  valueStart: number
  valueEnd: number
}

export interface Tree {
  /** Maps have no prototype, so that a key is only ever a key. */
  value: unknown
  /** By JSON pointer. */
  places: Map<string, Place>
  /** Pointers of what could not be made out, and of maps that lack something for that reason. */
  unsure: Set<string>
  findings: Finding[]
}

/** How many values may come out of aliases, and how deep they may be: enough for a host each, not for a bomb. */
const MAX_ALIASED = 10_000
const MAX_DEPTH = 50

/** The tags of what YAML can tell without them. */
const CORE_TAG = /^(?:!|tag:yaml\.org,2002:(?:map|seq|str|null|bool|int|float))$/

const NO_RANGE = [0, 0, 0] as const
const rangeOf = (node: Node | null) => node?.range ?? NO_RANGE

export const escapePointer = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')

/** What each alias stands for: the last anchor of its name before it. */
function resolveAliases(document: YamlDocument): Map<Alias, Node> {
  const anchors = new Map<string, Node>()
  const targets = new Map<Alias, Node>()
  visit(document, {
    Node(_key, node) {
      if (isAlias(node)) {
        const target = anchors.get(node.source)
        if (target !== undefined) targets.set(node, target)
      } else if (node.anchor !== undefined) anchors.set(node.anchor, node)
    },
  })
  return targets
}

class Builder implements Tree {
  value: unknown = null
  readonly places = new Map<string, Place>()
  readonly unsure = new Set<string>()
  readonly findings: Finding[] = []
  readonly #targets: Map<Alias, Node>
  readonly #source: Source
  /** What is being built around the present value. */
  readonly #open: Node[] = []
  /** The alias that the present value comes out of, the outermost if there are several. */
  #outermost: Alias | null = null
  #aliased = 0
  #exploded = false

  constructor(document: YamlDocument, source: Source) {
    this.#targets = resolveAliases(document)
    this.#source = source
    this.value = this.#build(document.contents, '', null)
  }

  #find(node: Node, message: string, hint: string) {
    const [start, end] = rangeOf(node)
    this.findings.push({ start, end, message, hint })
  }

  #build(node: Node | null, pointer: string, key: Node | null): unknown {
    const target = isAlias(node) ? (this.#targets.get(node) ?? null) : node
    const [valueStart, valueEnd] = rangeOf(target)
    const [nodeStart, nodeEnd] = rangeOf(node)
    const [start, keyEnd] = key === null ? [nodeStart, nodeEnd] : rangeOf(key)
    this.places.set(pointer, { start, end: Math.max(keyEnd, nodeEnd), keyEnd, valueStart, valueEnd })
    if (isAlias(node)) return this.#expand(node, target, pointer)
    return this.#grow(node, pointer)
  }

  #expand(alias: Alias, target: Node | null, pointer: string): unknown {
    const name = brief(alias.source)
    if (target === null) {
      this.unsure.add(pointer)
      this.#find(alias, `*${name} stands for &${name}, which is not above it`, `to mean the text itself: "*${name}"`)
      return undefined
    }
    if (this.#open.includes(target)) {
      this.unsure.add(pointer)
      this.#find(alias, `*${name} stands for what it is part of`, 'write out what is meant')
      return undefined
    }
    const outer = this.#outermost
    this.#outermost ??= alias
    const value = this.#grow(target, pointer)
    this.#outermost = outer
    return value
  }

  /** The value of what is no alias. */
  #grow(node: Node | null, pointer: string): unknown {
    if (node === null) return null
    if (this.#outermost !== null && this.#explodes(this.#outermost)) {
      this.unsure.add(pointer)
      return undefined
    }
    if (node.tag !== undefined && !CORE_TAG.test(node.tag)) {
      // The tag is found by the syntax already; what it would make of the value is not known.
      this.unsure.add(pointer)
      return undefined
    }
    if (isScalar(node)) return node.value
    this.#open.push(node)
    const value = isMap<Node | null, Node | null>(node)
      ? this.#buildMap(node.items, pointer)
      : isSeq<Node | null>(node)
        ? node.items.map((item, index) => this.#build(isPair(item) ? null : item, `${pointer}/${index}`, null))
        : undefined
    this.#open.pop()
    return value
  }

  #explodes(alias: Alias): boolean {
    this.#aliased += 1
    if (this.#exploded) return true
    if (this.#aliased <= MAX_ALIASED && this.#open.length <= MAX_DEPTH) return false
    this.#exploded = true
    this.#find(
      alias,
      `*${brief(alias.source)} stands for too much: more than ${MAX_ALIASED} values come out of aliases`,
      'write out what is meant, or use defaults:',
    )
    return true
  }

  #buildMap(pairs: Pair<Node | null, Node | null>[], pointer: string): Record<string, unknown> {
    const map = Object.create(null) as Record<string, unknown>
    const first = new Map<string, number>()
    for (const { key, value } of pairs) {
      if (key !== null && !isScalar(key)) {
        this.unsure.add(pointer)
        this.#find(key, 'a key must be a word', 'write for instance: jobs: 2')
        continue
      }
      // A number or true as a key is meant as it is written; an empty one is the empty word.
      const name = typeof key?.value === 'string' ? key.value : (key?.source ?? '')
      if (name === '<<' && key !== null) {
        this.unsure.add(pointer)
        this.#find(key, 'merge keys (<<) are not supported', 'write what all hosts share below defaults:')
        continue
      }
      const before = first.get(name)
      if (before !== undefined && key !== null) {
        const line = this.#source.lineOf(before)
        this.#find(key, `${brief(name)} is given twice: first in line ${line}`, 'remove one of the two')
        continue
      }
      first.set(name, rangeOf(key)[0])
      map[name] = this.#build(value, `${pointer}/${escapePointer(name)}`, key)
    }
    return map
  }
}

export function toTree(document: YamlDocument, source: Source): Tree {
  return new Builder(document, source)
}

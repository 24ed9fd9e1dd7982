/** Holds the values of farm.yaml against the schema, and says in the user's words what does not fit. */
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { checks, type CheckName } from './checks.ts'
import type { Finding } from './finding.ts'
import { brief } from './printable.ts'
import { farmKeys, hostKeys, schema, storeSchema, type FarmFile, type Schema } from './schema.ts'
import { suggest } from './suggest.ts'
import { escapePointer, type Place, type Tree } from './tree.ts'

let compiled: { hosts: ValidateFunction<FarmFile>; store: ValidateFunction<FarmFile> } | undefined

/** Compiled when it is first needed: most commands never read a farm.yaml, and it takes some 20 ms. */
function validators(): NonNullable<typeof compiled> {
  if (compiled === undefined) {
    const ajv = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true })
    ajv.addVocabulary(['must', 'write'])
    ajv.addKeyword({
      keyword: 'check',
      type: 'string',
      schemaType: 'string',
      validate: (name: CheckName, value: string) => checks[name](value) === null,
    })
    compiled = { hosts: ajv.compile<FarmFile>(schema), store: ajv.compile<FarmFile>(storeSchema) }
  }
  return compiled
}

/** `/hosts/1/known-hosts` as one would write it: `hosts[1].known-hosts`. */
function pathOf(pointer: string): string {
  let path = ''
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (/^\d+$/.test(key) && path !== '') path += `[${key}]`
    else if (/^[\w-]+$/.test(key)) path += path === '' ? brief(key) : `.${brief(key)}`
    else path += path === '' ? `"${brief(key)}"` : `["${brief(key)}"]`
  }
  return path === '' ? 'the file' : path
}

/** What stands there, for the message: as written, if that is one word. */
function show(value: unknown, place: Place, text: string): string {
  if (value === null || value === undefined) return 'empty'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a map'
  if (value === '') return 'empty text'
  const written = text.slice(place.valueStart, place.valueEnd)
  return brief(typeof value === 'string' && written.includes('\n') ? JSON.stringify(value) : written)
}

/** What to write for a value of the wrong type, and how, if the right one can be read out of it. */
function retype(
  value: unknown,
  written: string,
  { type, check, minimum = 0, maximum = 0 }: Schema,
): [how: string, value: string] | null {
  if (type === 'integer' && typeof value === 'string' && /^\d{1,9}$/.test(value)) {
    return Number(value) >= minimum && Number(value) <= maximum ? ['write it without quotes', `${Number(value)}`] : null
  }
  if (type === 'boolean' && typeof value === 'string') {
    if (/^(?:yes|y|on|true)$/i.test(value)) return ['write', 'true']
    if (/^(?:no|n|off|false)$/i.test(value)) return ['write', 'false']
  }
  if (type === 'string' && check !== undefined && (typeof value === 'number' || typeof value === 'boolean')) {
    return checks[check](written) === null ? ['write it in quotes', `"${written}"`] : null
  }
  if (type === 'array' && typeof value === 'string' && /^[\w.@:/-]+$/.test(value))
    return ['write it as a list', `[${value}]`]
  return null
}

/** The keys that are known one level further up or down, to say where a key belongs. */
function misplaced(key: string, pointer: string): string | null {
  if (pointer === '' && hostKeys.includes(key)) {
    return key === 'ssh' || key === 'name'
      ? `write ${key}: at a host, below hosts:`
      : `write ${key}: at a host, or below defaults: for all hosts`
  }
  if (pointer === '/defaults' && (key === 'ssh' || key === 'name')) return `write ${key}: at a host, below hosts:`
  if (pointer !== '' && farmKeys.includes(key)) return `write ${key}: at the left margin, not below something else`
  return null
}

function unknownKey(error: ErrorObject, known: readonly string[]): [message: string, hint: string] {
  const key = (error.params as { additionalProperty: string }).additionalProperty
  const path = pathOf(`${error.instancePath}/${escapePointer(key)}`)
  const near = suggest(key, known)
  const list = `the options there are ${known.join(', ')}`
  const hint = misplaced(key, error.instancePath) ?? (near === null ? list : `write ${near}: instead; ${list}`)
  return [`${path} is not an option`, hint]
}

/** The words for one error of ajv, at a place that has a value. */
function wrongValue(error: ErrorObject, place: Place, text: string): [message: string, hint: string] {
  const declared = error.parentSchema as Schema
  const value = error.data
  const path = pathOf(error.instancePath)
  const key = /^[a-z-]+$/.exec(error.instancePath.split('/').at(-1) ?? '')?.[0]
  const is = `${path} is ${show(value, place, text)}`
  if (error.keyword === 'check' && typeof value === 'string') {
    const refusal = checks[error.schema as CheckName](value)
    if (refusal !== null) return [`${is}: ${brief(refusal.reason, 120)}`, brief(refusal.write, 200)]
  }
  if (error.keyword === 'pattern' && typeof value === 'string' && checks.path(value) === null) {
    return [`${is}: it must ${declared.must}`, `write: ${key ?? 'root'}: { path: ${value} }`]
  }
  const near = typeof value === 'string' ? suggest(value, declared.enum ?? []) : null
  const written = text.slice(place.valueStart, place.valueEnd)
  const better = near === null ? retype(value, written, declared) : (['write', near] as const)
  const hint =
    better === null
      ? `write for instance: ${declared.write}`
      : `${better[0]}: ${key === undefined ? '' : `${key}: `}${better[1]}`
  return [`${is}: it must ${declared.must}`, hint]
}

/** The text behind an empty value: if an error is next, the value is perhaps not empty but unreadable. */
const reachOfEmpty = (text: string, end: number) => end + (/^[\s:]*/.exec(text.slice(end))?.[0].length ?? 0)

function toFinding(error: ErrorObject, tree: Tree, text: string): Finding | null {
  const place = tree.places.get(error.instancePath)
  if (place === undefined) throw new Error(`No place for ${error.instancePath}`)
  const declared = error.parentSchema as Schema
  if (error.keyword === 'required') {
    const missing = (error.params as { missingProperty: string }).missingProperty
    const pointer = `${error.instancePath}/${missing}`
    if (tree.unsure.has(error.instancePath) || tree.unsure.has(pointer)) return null
    const known = Object.keys(declared.properties ?? {})
    // A misspelt key is told of as such.
    const keys = Object.keys(error.data as object).filter(key => !known.includes(key))
    if (keys.slice(0, 100).some(key => suggest(key, known) === missing)) return null
    const wanted = declared.properties?.[missing]
    return {
      start: place.start,
      end: place.keyEnd,
      reach: place.end,
      message: `${pathOf(pointer)} is missing: it must ${wanted?.must ?? 'be there'}`,
      hint: `write for instance: ${wanted?.write ?? missing}`,
    }
  }
  if (error.keyword === 'additionalProperties') {
    const { additionalProperty } = error.params as { additionalProperty: string }
    const at = tree.places.get(`${error.instancePath}/${escapePointer(additionalProperty)}`) ?? place
    const [message, hint] = unknownKey(error, Object.keys(declared.properties ?? {}))
    return { start: at.start, end: at.keyEnd, message, hint }
  }
  if (tree.unsure.has(error.instancePath)) return null
  const [message, hint] = wrongValue(error, place, text)
  const whole = typeof error.data === 'object'
  const reach = error.data === null ? reachOfEmpty(text, place.end) : place.end
  return { start: place.start, end: whole ? place.keyEnd : place.end, reach, message, hint }
}

/** `file` is set if nothing was found, and the values are then a FarmFile. */
export function checkShape(tree: Tree, text: string): { file: FarmFile | null; findings: Finding[] } {
  const value = tree.value
  const hasStore = typeof value === 'object' && value !== null && Object.hasOwn(value, 'store')
  const validate = hasStore ? validators().store : validators().hosts
  if (validate(value)) return { file: value, findings: [] }
  const findings = (validate.errors ?? []).map(error => toFinding(error, tree, text))
  return { file: null, findings: findings.filter(finding => finding !== null) }
}

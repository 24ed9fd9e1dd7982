import { Readable, PassThrough } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { messageOf } from '../../lib/core/error.ts'
import type { EmergeMessage } from '../../lib/core/message.ts'
import { makePlan } from '../../lib/core/plan.ts'
import type { PlanRequest } from '../../lib/core/request.ts'
import { EmergeLink, ProtocolError } from '../../lib/edge/bridge/emerge-link.ts'
import { checkEmergeMessage } from '../../lib/edge/bridge/schema.ts'
import { ebuild, edge, requestOf, TestState } from '../core/support.ts'
import { always, mutated, mutatedText, some } from './mutate.ts'
import { emergeMessages, plan } from './samples.ts'

t.setTimeout(30_000)

/** Makes the plan, and plays a run of it in which all is built. Throws if there is something wrong with it. */
function makesSense(request: PlanRequest): void {
  const { packages, byId, positions } = makePlan(request)
  const merged = request.packages.filter(each => each.operation === 'merge' && request.mergeList.includes(each.id))
  if (packages.length !== merged.length || byId.size !== packages.length) throw new Error('packages are missing')
  const places = packages.map(each => each.position)
  if (places.some((place, index) => place <= (places[index - 1] ?? -1))) throw new Error('it is not in order')
  for (const { id, position, steps, needs, optional, where, rank } of packages) {
    if (steps.some(step => !((positions.get(step.id) ?? Infinity) < position))) throw new Error(`${id}: a step`)
    if (needs.some(need => !byId.has(need))) throw new Error(`${id} needs ${needs.join()}`)
    if ([...optional].some(each => !needs.includes(each))) throw new Error(`${id}: optional`)
    if (!(Number.isInteger(rank) && rank >= 0 && rank <= packages.length)) throw new Error(`${id}: rank ${rank}`)
    if (where === 'farm' && byId.get(id)?.package.type !== 'ebuild') throw new Error(`${id} cannot be built`)
  }
  const state = new TestState({ packages, byId, positions }, ['big'])
  let ready = packages.filter(each => each.needs.length === 0).map(each => each.id)
  while (ready.length > 0) {
    state.ready(...ready)
    ready = ready.flatMap(id => state.commit(id))
  }
  if (!state.settled) throw new Error('not all of it can be built')
}

t.test('whatever plan emerge sends: a plan that can be built, or the reason why it is refused', async t => {
  let taken = 0
  let refused = 0
  const ids = fc.constantFrom('a', 'b', 'e', 'r', 'u', 'i', '__proto__', 'constructor', 'nobody')
  const anyEdge = fc
    .tuple(ids, ids, fc.constantFrom('buildtime', 'runtime', 'installtime', 'ignored', 'x'), fc.boolean())
    .map(words => edge(...words))
  const renamed = fc
    .tuple(ids, ids)
    .map(([from, to]) => JSON.parse(JSON.stringify(plan).replaceAll(`"${from}"`, `"${to}"`)) as unknown)
  const tangled = fc
    .tuple(fc.array(anyEdge, { maxLength: 40 }), fc.boolean())
    .map(([edges, nodeps]) => ({ ...plan, edges, nodeps }))
  const listed = fc.array(ids, { maxLength: 8 }).map(mergeList => ({ ...plan, mergeList }))
  const any = fc.oneof({ weight: 4, arbitrary: mutated([plan]) }, renamed, tangled, listed)
  always(any, 1500, message => {
    const problem = checkEmergeMessage(message)
    if (problem === null) {
      taken++
      if ((message as EmergeMessage).type === 'plan') makesSense(message as PlanRequest)
    } else {
      refused++
      if (!/^[^\n]{10,6000}$/.test(problem)) throw new Error(problem)
    }
  })
  t.ok(taken > 300 && refused > 500, `${taken} were taken, ${refused} refused`)
})

t.test('plans that are large: cycles through all of it, and no dependency at all', async t => {
  const names = Array.from({ length: 1500 }, (_, index) => `p${index}`)
  const edges = names.flatMap((name, index) =>
    [1, 2, 3, 5, 8].flatMap(step => [edge(name, names[(index + step) % names.length] ?? '', 'buildtime runtime')]),
  )
  const packages = names.map(name => ebuild(name))
  for (const request of [requestOf(packages, edges), requestOf(packages), requestOf([])]) {
    t.equal(checkEmergeMessage(request), null)
    const began = performance.now()
    t.doesNotThrow(() => {
      makesSense(request)
    })
    t.ok(performance.now() - began < 5000)
  }
})

t.test('a message that is nested deeply', async t => {
  for (const field of ['"type":', '"type":"plan","packages":', '"type":"end","code":']) {
    const text = `{${field}${'['.repeat(50_000)}${']'.repeat(50_000)}}`
    t.match(checkEmergeMessage(JSON.parse(text)), /\w/, field)
  }
})

/** What is heard of these bytes, and why no more. */
async function heard(bytes: readonly Buffer[]): Promise<{ messages: EmergeMessage[]; end: unknown }> {
  const messages: EmergeMessage[] = []
  const link = new EmergeLink(Readable.from(bytes), new PassThrough())
  try {
    for await (const message of link.messages()) messages.push(message)
  } catch (error) {
    return { messages, end: error }
  }
  return { messages, end: null }
}

t.test('whatever emerge says: messages, and the reason why no more are believed', async t => {
  const log = emergeMessages.map(message => `${JSON.stringify(message)}\n`).join('')
  const said = some(
    mutatedText([log], ['\n', '\0', '"', '{', 'null\n', '1e999', '\u2028', 'Traceback:\n', '"type":7,']),
    600,
  )
  let ended = 0
  for (const bytes of said) {
    const { messages, end } = await heard([bytes])
    if (end !== null) ended++
    if (end !== null && !(end instanceof ProtocolError && /^[^\n]{20,500}$/.test(end.message))) t.fail(messageOf(end))
    if (messages.some(message => checkEmergeMessage(message) !== null)) t.fail(bytes.toString())
  }
  t.ok(ended > 200, `${ended} of ${said.length} were refused`)
})

t.test('a line of several megabytes, in many pieces', async t => {
  const long = JSON.stringify({ ...plan, environment: { USE: 'x'.repeat(8 << 20) } })
  const bytes = Buffer.from(`${long}\n`)
  const pieces = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, index) =>
    bytes.subarray(index * 4096, (index + 1) * 4096),
  )
  t.match(await heard(pieces), { messages: { length: 1 }, end: null })
  t.match(await heard([Buffer.from(long.slice(0, -1))]), { messages: { length: 0 }, end: { message: /not JSON/ } })
})

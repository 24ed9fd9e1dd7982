import fc from 'fast-check'
import t from 'tap'
import type { PlanRequest } from '../../../lib/core/request.ts'
import { checkEmergeMessage, checkPlanRequest } from '../../../lib/edge/bridge/schema.ts'
import { ebuild, edge, installed, requestOf } from '../../core/support.ts'

/** As the shim sends it. */
const plan = requestOf(
  [
    ebuild('dev-libs/a-1.2.3_rc4-r5::gentoo', {
      cpv: 'dev-libs/a-1.2.3_rc4-r5',
      cp: 'dev-libs/a',
      subSlot: '1.2',
      use: ['abi_x86_64', 'ssl'],
      dependencies: { DEPEND: '>=dev-libs/b-2', RDEPEND: '>=dev-libs/b-2 !dev-libs/c', BDEPEND: '' },
      variables: { CHOST: 'x86_64-pc-linux-gnu', CFLAGS: '-O2 -pipe' },
      inherited: ['toolchain-funcs'],
      distfiles: [{ name: 'a-1.2.3_rc4.tar.gz', size: 12345 }],
      expected: {
        ebuild: '0f'.repeat(32),
        recorded: { IUSE: '+ssl', KEYWORDS: '' },
        libc: ['sys-libs/glibc:2.2'],
        bindings: {
          RDEPEND: [
            {
              atom: 'dev-libs/b:=',
              candidates: [
                { slot: '0/3', package: 'dev-libs/b-3::gentoo' },
                { slot: '0/2', replacedBy: ['x'] },
              ],
            },
            { atom: 'dev-libs/d:=', candidates: [{ slot: '0/1', removed: true }] },
          ],
        },
        unchanged: ['CHOST'],
        keepsMachine: false,
      },
    }),
    ebuild('virtual/x-0::gentoo (binary)', {
      type: 'binary',
      cpv: 'virtual/x-0',
      path: '/binpkgs/virtual/x/x-0-1.gpkg.tar',
    }),
    { ...installed('dev-libs/b-2::gentoo (nomerge)'), cpv: 'dev-libs/b-2' },
  ],
  [edge('dev-libs/a-1.2.3_rc4-r5::gentoo', 'dev-libs/b-2::gentoo (nomerge)', 'buildtime_slot_op runtime', true)],
  {
    environment: { USE: '-doc', LC_MESSAGES: 'C' },
    keepGoing: true,
    libc: [{ cpv: 'sys-libs/glibc-2.40' }, { cpv: 'sys-libs/glibc-2.41', package: 'sys-libs/glibc-2.41::gentoo' }],
  },
)

void t.test('what emerge says', t => {
  const messages: unknown[] = [
    plan,
    { type: 'home-started', id: 'a' },
    { type: 'home-built', id: 'a', path: '/var/cache/binpkgs/a.gpkg.tar' },
    { type: 'merged', id: 'a' },
    { type: 'merge-failed', id: 'a' },
    { type: 'interrupt' },
    { type: 'end', code: 0 },
    { type: 'end', code: -2 },
  ]
  for (const message of messages) t.equal(checkEmergeMessage(JSON.parse(JSON.stringify(message))), null)
  t.end()
})

void t.test('what is no message, and why', t => {
  const cases: [message: unknown, words: RegExp][] = [
    [null, /type is undefined/],
    [[], /type is undefined/],
    ['plan', /type is undefined/],
    [{}, /type is undefined/],
    [{ type: 7 }, /type is 7/],
    [{ type: 'commit' }, /type is "commit"/],
    [{ type: 'constructor' }, /type is "constructor"/],
    [{ type: '__proto__' }, /type is "__proto__"/],
    [{ type: 'merged' }, /^merged .*'id'/],
    [{ type: 'merged', id: 7 }, /^merged\/id .*string/],
    [{ type: 'home-built', id: 'a' }, /^home-built .*'path'/],
    [{ type: 'end' }, /^end .*'code'/],
    [{ type: 'end', code: '0' }, /^end\/code .*integer/],
    [{ type: 'end', code: 0.5 }, /^end\/code .*integer/],
    [{ type: 'plan' }, /^plan .*required/],
  ]
  for (const [message, words] of cases) t.match(checkEmergeMessage(message), words, JSON.stringify(message))
  t.end()
})

/** The plan with one thing changed: `packages/0/cpv`. */
function changed(path: string, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(plan)) as Record<string, unknown>
  const keys = path.split('/')
  const last = keys.pop() ?? ''
  const place = keys.reduce((at, key) => at[key] as Record<string, unknown>, copy)
  if (value === undefined) Reflect.deleteProperty(place, last)
  else place[last] = value
  return copy
}

void t.test('a plan with one thing wrong', t => {
  const cases: [path: string, value: unknown][] = [
    ['protocol', 1],
    ['protocol', '2'],
    ['python', 'python3'],
    ['action', 'fetch'],
    ['keepGoing', 'yes'],
    ['settings/PKGDIR', 'binpkgs'],
    ['settings/FEATURES', 'sandbox'],
    ['settings/DISTDIR', undefined],
    ['environment/USE', null],
    ['repositories/0/location', 'repos/gentoo'],
    ['packages', {}],
    ['packages/0/id', ''],
    ['packages/0/type', 'source'],
    ['packages/0/operation', 'fetch'],
    ['packages/0/cpv', 'a-1'],
    ['packages/0/cpv', '../a-1'],
    ['packages/0/cpv', 'dev-libs/..'],
    ['packages/0/cpv', 'dev-libs/a-1/x'],
    ['packages/0/cpv', 'dev-libs/-a-1'],
    ['packages/0/cpv', '.dev/a-1'],
    ['packages/0/cpv', 'dev-libs/a 1'],
    ['packages/0/cpv', 'dev-libs/a-1\n'],
    ['packages/0/cpv', 'dev-libs/$(id)-1'],
    ['packages/0/cpv', 'dev-libs/a-1;id'],
    ['packages/0/cpv', undefined],
    ['packages/0/use', 'ssl'],
    ['packages/0/use', [1]],
    ['packages/0/dependencies/DEPENDS', 'a'],
    ['packages/0/variables', { CFLAGS: 2 }],
    ['packages/0/distfiles/0/name', '../secret'],
    ['packages/0/distfiles/0/name', 'a\nb'],
    ['packages/0/distfiles/0/name', ''],
    ['packages/0/distfiles/0/name', '..'],
    ['packages/0/distfiles/0/name', '.'],
    ['packages/0/distfiles/0/size', '12'],
    ['packages/0/distfiles/0/size', -1],
    ['packages/1/path', null],
    ['packages/1/path', 'x-0-1.gpkg.tar'],
    ['packages/0/expected', null],
    ['packages/0/expected/ebuild', 'abc'],
    ['packages/0/expected/recorded/IUSE', 1],
    ['packages/0/expected/libc', undefined],
    ['packages/0/expected/bindings/LICENSE', []],
    ['packages/0/expected/bindings/RDEPEND/0/atom', undefined],
    ['packages/0/expected/bindings/RDEPEND/0/candidates/0/slot', 0],
    ['packages/0/expected/bindings/RDEPEND/0/candidates/0/package', null],
    ['packages/0/expected/unchanged', 'CHOST'],
    ['packages/0/expected/keepsMachine', 'no'],
    ['libc/0/cpv', undefined],
    ['libc/1/package', null],
    ['edges/0/satisfied', 1],
    ['edges/0/kinds', 'buildtime'],
    ['edges/0/to', undefined],
    ['mergeList', [1]],
    ['mergeList', undefined],
  ]
  for (const [path, value] of cases) {
    const problem = checkEmergeMessage(changed(path, value))
    t.match(problem, /^plan.* (must|is) /, `${path}: ${JSON.stringify(value)}`)
  }
  t.end()
})

void t.test('the words name the place', t => {
  t.match(checkEmergeMessage(changed('packages/0/cpv', '../a-1')), /^plan\/packages\/0\/cpv must match pattern/)
  t.match(checkEmergeMessage(changed('edges/0/to', undefined)), /^plan\/edges\/0 must have required property 'to'/)
  t.end()
})

void t.test('every name that Portage allows is taken', t => {
  // PMS 3.1: categories, package names and versions.
  const first = fc.constantFrom(...Array.from('abyzABYZ0189_'))
  const rest = fc.string({ unit: fc.constantFrom(...Array.from('azAZ09+_-')), maxLength: 12 })
  const name = fc.tuple(first, rest).map(parts => parts.join(''))
  const category = fc.tuple(first, fc.string({ unit: fc.constantFrom(...Array.from('azAZ09+_.-')), maxLength: 12 }))
  const version = fc.constantFrom('1', '1.2.3', '0a_alpha1_p2-r3', '20240101', '9999', '1.0_rc')
  fc.assert(
    fc.property(category, name, version, (category, name, version) => {
      const problem = checkEmergeMessage(changed('packages/0/cpv', `${category.join('')}/${name}-${version}`))
      if (problem !== null) throw new Error(problem)
    }),
  )
  t.end()
})

void t.test('a plan that a caller brings is a plan, and no other message', t => {
  t.equal(checkPlanRequest(plan), null)
  t.match(checkPlanRequest({ type: 'interrupt' }), /\S/)
  t.match(checkPlanRequest({ type: 'end', code: 0 }), /\S/)
  t.match(checkPlanRequest(undefined), /\S/)
  t.end()
})

void t.test('a plan whose parts do not fit together is refused', t => {
  t.match(checkPlanRequest({ ...plan, mergeList: ['stranger'] } satisfies PlanRequest), /stranger/)
  const [first] = plan.mergeList
  t.match(checkPlanRequest({ ...plan, mergeList: [first, first] }), /\S/, 'one package twice')
  t.match(checkPlanRequest({ ...plan, packages: [...plan.packages, ...plan.packages] }), /\S/, 'one id twice')
  t.end()
})

void t.test('whatever it is: null or words, never an exception', t => {
  const types = fc.constantFrom('plan', 'merged', 'home-built', 'end', 'interrupt', 'toString')
  const anything = fc.oneof(
    fc.jsonValue(),
    fc.tuple(types, fc.dictionary(fc.string(), fc.jsonValue())).map(([type, rest]) => ({ ...rest, type })),
    fc.tuple(fc.constantFrom(...Object.keys(plan)), fc.jsonValue()).map(([key, value]) => ({ ...plan, [key]: value })),
  )
  fc.assert(
    fc.property(anything, message => {
      const problem = checkEmergeMessage(message)
      return problem === null || problem.length > 0
    }),
    { numRuns: 1000, interruptAfterTimeLimit: 3000, markInterruptAsFailure: false },
  )
  t.end()
})

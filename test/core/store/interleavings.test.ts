/**
 * Every order in which the steps of the protocol can be done, with crashes, sleepers, wrong guesses and old listings: never two
 * commits of a build, no end that counts beside another, none lost, and an end while one worker lives. What is looked at is the
 * Ledger itself; explore.ts says how.
 *
 * Each scene says how often what may happen; a much larger exploration of some minutes is
 *
 *     npm run --silent build:all && STORE_SCENES=long npx tap --disable-coverage --timeout=3600 \
 *       build/test/core/store/interleavings.test.js
 */
import t, { type Test } from 'tap'
import type { BuildState } from '../../../lib/core/store/build.ts'
import { Ledger } from '../../../lib/core/store/ledger.ts'
import { type Cast, operator, originator, worker } from './actors.ts'
import type { Write } from './contents.ts'
import { Explorer, type Outcome, type Scene } from './explore.ts'
import { KEYS } from './support.ts'

const isLong = process.env.STORE_SCENES === 'long'

function scene(workers: number, budget: Scene['budget'], more: Partial<Scene> = {}, cast: Cast = { keys: 1 }): Scene {
  return {
    keys: KEYS.slice(0, cast.keys),
    workers: ['w1', 'w2', 'w3'].slice(0, workers).map(name => worker(name, cast)),
    originators: [originator('o', cast)],
    budget,
    ...more,
  }
}

async function explore(t: Test, scene: Scene): Promise<Outcome> {
  const started = process.cpuUsage()
  const outcome = await new Explorer(scene).explore()
  const { user } = process.cpuUsage(started)
  const { states, steps, contents, stands, runs, alone } = outcome
  t.comment(
    `${states} states, ${steps} steps between them, ${contents} contents of the registers, ${stands} places of programs ` +
      `learnt in ${runs} runs, ${alone} states of one worker alone, ${Math.round(user / 1000)} ms of CPU`,
  )
  return outcome
}

/** Explores a scene in which nothing may be wrong, and what is named must have happened. */
function holds(name: string, scene: Scene, ...happens: string[]) {
  t.test(name, async t => {
    const { violation, happened } = await explore(t, scene)
    t.equal(violation, null)
    for (const each of ['claimed', 'ended', 'judged', ...happens]) t.ok(happened.get(each), each)
  })
}

const SLEEPERS = ['end refused', 'woke up after another had claimed', 'woke up after the verdict on another']
const CRASHES = ['crashed', 'started again', 'crashed at a write']

const ONE = { keys: 1 }
const TWO = { keys: 2 }
const CLEARED = { ...ONE, isCleared: true }

holds(
  'one build, three workers, of which two are taken for dead',
  scene(3, { expiry: isLong ? 3 : 2, crash: isLong ? 1 : 0 }),
  ...['superseded', 'two at once superseded', ...SLEEPERS],
)
holds(
  'one build, three workers, of which one crashes',
  scene(3, { expiry: isLong ? 2 : 1, crash: isLong ? 2 : 1 }),
  ...['superseded', ...SLEEPERS, ...CRASHES],
)
holds(
  'one build, two workers, all that at once',
  scene(2, { expiry: 2, crash: 1, refusal: isLong ? 1 : 0 }),
  ...['superseded', 'two at once superseded', ...SLEEPERS, ...CRASHES],
)
holds(
  'two builds, one of which needs the other',
  scene(2, { expiry: isLong ? 2 : 1, crash: 1, refusal: isLong ? 1 : 0 }, { alone: 'best' }, TWO),
  ...['saw committed', 'superseded', ...SLEEPERS, ...CRASHES],
)
holds(
  'what is built may be refused, and builds fail',
  scene(2, { expiry: 1, crash: isLong ? 1 : 0, refusal: 1, failure: isLong ? 2 : 1 }),
  ...['superseded', ...SLEEPERS],
)
holds(
  'listings lack any of what is there',
  scene(2, { expiry: isLong ? 2 : 1, crash: 1, stale: isLong ? 2 : 1 }),
  ...['superseded', ...SLEEPERS, ...CRASHES],
)
holds(
  'two originators judge, and need not agree',
  scene(
    isLong ? 2 : 1,
    { expiry: isLong ? 2 : 1, refusal: 1 },
    { originators: ['o1', 'o2'].map(o => originator(o, ONE)) },
  ),
  ...['judged before', 'superseded', 'end refused'],
)
holds(
  'what was given up is cleared',
  scene(1, { expiry: 1, failure: 2, clear: isLong ? 2 : 1 }, { alone: 'best', others: [operator('op', ONE)] }, CLEARED),
  ...['cleared', 'not cleared'],
)
holds('each read is a step', scene(isLong ? 2 : 1, { expiry: 1 }, { reads: 'apart' }), ...['superseded', 'end refused'])

t.test('what was learnt of programs is how they run, all at once', async t => {
  for (const reads of ['apart', 'together'] as const) {
    const explorer = new Explorer(scene(3, {}, { reads, others: [operator('op', TWO)] }, { ...TWO, isCleared: true }))
    let seed = 1
    // A generator of Park and Miller: the same runs each time.
    const pick = (below: number) => (seed = (seed * 48271) % 2147483647) % below
    let steps = 0
    for (let run = 0; run < 100; run++) steps += await explorer.walk(pick, 100)
    t.ok(steps > 5000, `${steps} steps`)
  }
})

/** Explores what is broken, and must find that. */
function breaks(name: string, scene: Scene, wrong: RegExp) {
  t.test(name, async t => {
    const { violation } = await explore(t, scene)
    t.match(violation?.wrong, wrong)
    t.comment(['after', ...(violation?.steps ?? [])].join('; '))
  })
}

const hasWritten = (text: string, outcome: string) => text.includes(`"outcome":"${outcome}"`)
const overwriting: Write = () => true
const unlocked: Write = (_texts, name, _text, read) => !read.has(name)
const superseding: Write = (texts, name, text) => !texts.has(name) || hasWritten(text, 'superseded')
const waking: Write = (texts, name, text) => !texts.has(name) || hasWritten(text, 'built')

breaks(
  'found: a record is written over another',
  scene(2, { expiry: 1 }, { alone: null, write: overwriting }),
  /written twice/,
)
for (const [name, write, wrong] of [
  ['a record is written over another', overwriting, /judged and is not built/],
  ['whether there is a record is only looked up before', unlocked, /judged and is not built/],
  ['what has ended is superseded', superseding, /judged and is not built/],
  ['the end of one who wakes up counts', waking, /may be committed/],
] as const) {
  const broken = { alone: null, write, mayRewrite: true }
  breaks(`found by what comes of it: ${name}`, scene(2, { expiry: 1 }, broken), wrong)
}

/** One that claims what somebody else holds, if that one seems dead. */
class Hasty extends Ledger {
  override state(key: string): BuildState {
    const state = super.state(key)
    if (state.state !== 'held') return state
    return { state: 'open', next: state.attempt.number + 1, failures: state.failures }
  }
}

breaks(
  'found: a claim is passed over, and not taken away',
  scene(2, {}, { alone: null }, { ...ONE, makeLedger: (...registers) => new Hasty(...registers) }),
  /before the one before it had ended/,
)

/** One that takes what is built for as good as refused. */
class Doubting extends Ledger {
  override state(key: string): BuildState {
    const state = super.state(key)
    if (state.state !== 'built') return state
    return { state: 'open', next: state.attempt.number + 1, failures: [] }
  }
}

breaks(
  'found: what is built is built again',
  scene(2, {}, { alone: null }, { ...ONE, makeLedger: (...registers) => new Doubting(...registers) }),
  /the one before it may be committed/,
)
breaks(
  'found: nobody builds what all have failed',
  scene(2, { expiry: 1 }, {}, { ...ONE, isIdle: true }),
  /finds nothing to do/,
)

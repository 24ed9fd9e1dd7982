import t from 'tap'
import { Ledger, type Registers } from '../../../lib/core/store/ledger.ts'
import { readRecord } from '../../../lib/edge/shared/records.ts'
import type { PublishedPlan } from '../../../lib/edge/shared/plans.ts'
import { PlanView } from '../../../lib/farm/store/view.ts'
import { ebuild, requestOf } from '../../core/support.ts'

/** Records in memory. */
class Memory implements Registers {
  readonly #records = new Map<string, string>()
  list = async (): Promise<string[]> => Promise.resolve([...this.#records.keys()])
  read = async (name: string): Promise<string> => Promise.resolve(this.#records.get(name) ?? '')
  write = async (name: string, text: string): Promise<boolean> => {
    if (this.#records.has(name)) return Promise.resolve(false)
    this.#records.set(name, text)
    return Promise.resolve(true)
  }
}

const KEY = { one: '1'.repeat(32), two: '2'.repeat(32) }

/** Two packages that need nothing, and two workers: `here` looks, `other` has not shown. */
function start(): { view: PlanView; here: Ledger; other: Ledger; look: () => Promise<void> } {
  const registers = new Memory()
  const [here, other] = [new Ledger(registers, readRecord), new Ledger(registers, readRecord)]
  const plan = {
    request: requestOf([ebuild('one'), ebuild('two')]),
    policy: { stay: [], kernelModules: 'stay', hosts: [] },
    keys: KEY,
    observations: [],
  } as unknown as PublishedPlan
  const view = new PlanView(plan, 'here', here, file => file)
  const look = async (): Promise<void> => {
    view.see(await here.look(() => true))
  }
  ready(view, 'here')
  return { view, here, other, look }
}

function ready(view: PlanView, host: string): void {
  view.apply({ type: 'host-connecting', host })
  view.apply({ type: 'host-joined', host, hostname: host, cores: 2, memory: 8 << 20 })
  view.apply({ type: 'host-ready', host, jobs: 1 })
}

const claim = { worker: 'other', plan: 'run', package: 'one', cores: 1, lease: 3 }

t.test('who holds a build is reckoned with before it has shown', async t => {
  const { view, here, other, look } = start()
  await other.claim(KEY.one, claim)
  await look()
  t.match(view.held(), [{ key: KEY.one, attempt: { number: 1 } }])
  t.match(
    view.starts().map(each => each.package),
    ['two'],
    'the other package is begun here',
  )
  ready(view, 'other')
  t.match(view.held(), [{ key: KEY.one }], 'it shows, and holds what it held')
  await here.supersede(KEY.one, 1, 'here', 'silent')
  await look()
  t.strictSame(view.held(), [])
  t.match(view.starts(), [{ host: 'here' }])
})

t.test('nothing is left to one who never shows', async t => {
  const { view, here, other, look } = start()
  await other.claim(KEY.one, claim)
  await look()
  await here.supersede(KEY.one, 1, 'here', 'silent')
  await look()
  const [first] = view.starts()
  t.match(first, { host: 'here' })
  view.claimed(first?.package ?? '', 2, 1)
  t.strictSame(view.starts(), [], 'the other package waits for this worker')
})

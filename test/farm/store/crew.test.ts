/** How the workers of a store show as hosts of a run. */
import t from 'tap'
import type { Happening } from '../../../lib/core/event.ts'
import type { WorkerSign } from '../../../lib/edge/shared/plans.ts'
import { Crew } from '../../../lib/farm/store/crew.ts'

const LEASE = 6
const READY = { state: 'ready', lease: LEASE, hostname: 'h', jobs: 1, cores: 2, memory: 1 } as const
const LEFT = { state: 'left', lease: LEASE } as const
const JOINING = { state: 'joining', lease: LEASE } as const
const REFUSED: WorkerSign = {
  state: 'refused',
  lease: LEASE,
  problems: [{ name: 'memory', level: 'refuse', text: 'too little', mend: '' }],
}

/** Workers whose signs of life a test writes: what is told of them, by seconds. */
class Stage {
  readonly told: string[] = []
  /** Workers whose sign is not there, or only half of it. */
  gone: string[] = []
  cut: string[] = []
  readonly #signs = new Map<string, string>()
  readonly #crew: Crew
  #count = 0
  #now = 0

  constructor(patience?: number) {
    this.#crew = new Crew((happening: Happening & { host?: string }) => {
      const { type, host } = happening
      if (type !== 'host-joined') this.told.push(`${this.#now} ${host} ${type.replace('host-', '')}`)
    }, patience)
  }

  /** Until `now` those who are named give signs of life, and others do as they did; null: none. */
  until(now: number, saying: Record<string, WorkerSign | null>): void {
    while (this.#now < now) {
      this.#now++
      for (const [name, sign] of Object.entries(saying)) {
        if (sign) this.#signs.set(name, JSON.stringify({ ...sign, count: this.#count++ }))
      }
      for (const name of this.gone) this.#signs.delete(name)
      for (const name of this.cut) this.#signs.set(name, '{"state": "rea')
      this.#crew.see(this.#signs, this.#now)
    }
  }
}

t.test('who shows is a host, who leaves, is unfit or silent is none', t => {
  const stage = new Stage()
  stage.until(1, { a: JOINING, b: READY, c: JOINING })
  stage.until(2, { a: READY, b: READY, c: REFUSED })
  stage.until(3, { a: LEFT, b: READY })
  stage.until(11, { b: null })
  stage.until(12, { b: READY })
  t.strictSame(stage.told, [
    ...['1 a connecting', '1 b connecting', '1 b ready', '1 c connecting'],
    ...['2 a ready', '2 c refused', '3 a lost', '10 b lost', '12 b ready'],
  ])
  t.end()
})

t.test('the last may be followed by another for some seconds, before it is told that there is none', t => {
  const stage = new Stage(10)
  stage.until(1, { a: REFUSED })
  stage.until(5, {})
  t.strictSame(stage.told, ['1 a connecting'])
  stage.until(6, { b: JOINING })
  t.strictSame(stage.told.splice(0), ['1 a connecting', '6 b connecting', '6 a refused'])
  stage.until(7, { b: READY })
  stage.until(8, { b: LEFT })
  stage.until(12, { b: JOINING })
  stage.until(13, { b: READY })
  t.strictSame(stage.told.splice(0), ['7 b ready'], 'one that is begun anew is the same host')
  stage.until(14, { b: LEFT })
  stage.until(30, {})
  t.strictSame(stage.told.splice(0), ['24 b lost'])
  stage.until(31, { b: READY, c: READY })
  stage.until(32, { b: READY, c: LEFT })
  t.strictSame(stage.told.splice(0), ['31 b ready', '31 c connecting', '31 c ready', '32 c lost'], 'not the last')
  t.end()
})

t.test('one whose sign is not there any more is as silent as one whose sign stays the same', t => {
  const stage = new Stage()
  stage.until(2, { a: READY, b: READY, c: READY })
  stage.told.splice(0)
  stage.gone = ['a']
  stage.cut = ['b']
  stage.until(12, { a: null, c: READY })
  t.strictSame(stage.told.splice(0).sort(), [`${3 + LEASE + 1} a lost`, `${3 + LEASE + 1} b lost`])
  stage.gone = stage.cut = []
  stage.until(13, { a: READY, c: READY })
  t.strictSame(stage.told.splice(0), ['13 a ready'], 'and is there again with another')
  stage.gone = ['a', 'c']
  stage.until(40, {})
  t.strictSame(stage.told, [`${14 + LEASE + 1} a lost`, `${14 + LEASE + 1} c lost`], 'also when the whole plan is gone')
  t.end()
})

t.test('the seconds in which the last was silent count', t => {
  const stage = new Stage(LEASE + 2)
  stage.until(1, { a: READY })
  stage.until(20, {})
  t.strictSame(stage.told, ['1 a connecting', '1 a ready', `${1 + LEASE + 2} a lost`])
  t.end()
})

/** The workers at a plan of a store, as hosts of its run: they show by their signs of life, and are lost without them. */
import type { Happening } from '../../core/event.ts'
import { Leases } from '../../core/store/leases.ts'
import type { WorkerSign } from '../../edge/shared/plans.ts'
import { saidIn } from '../../edge/shared/signs.ts'
import { checkWorkerSign } from '../../edge/shared/worker-sign.ts'

/** A worker that is lost, which was not told yet. */
interface Loss {
  happening: Happening
  /** When it was last there. */
  since: number
}

const LEFT = 'it was told to end'

function silenceFor(lease: number): string {
  return `it gave no sign of life for ${lease} s`
}

export class Crew {
  readonly #say: (happening: Happening) => void
  readonly #patience: number
  readonly #leases = new Leases()
  /** What was last told of each. */
  readonly #told = new Map<string, 'connecting' | 'ready' | 'lost'>()
  readonly #losses = new Map<string, Loss>()
  /** The lease of each, as it last said. */
  readonly #lease = new Map<string, number>()

  /**
   * @param patience seconds in which another worker may show, or one that is begun anew, before the loss of the last is told:
   *   who has no host left does not wait for one. Default: none
   */
  constructor(say: (happening: Happening) => void, patience = 0) {
    this.#say = say
    this.#patience = patience
  }

  /** How many have shown. */
  get size(): number {
    return this.#told.size
  }

  /** Takes in the signs as they are. `now`: on a clock that cannot be set, in seconds. */
  see(signs: ReadonlyMap<string, string>, now: number): void {
    for (const name of new Set([...signs.keys(), ...this.#told.keys()])) {
      // One whose sign is gone is as silent as one whose sign stays the same.
      const sign = signs.get(name) ?? ''
      const silence = this.#leases.silence(name, sign, now)
      const said = saidIn<WorkerSign>(sign)
      if (said !== null && checkWorkerSign(said)) this.#meet(name, said, silence, now)
      // Half written: it is read again soon.
      else this.#missSign(name, silence, now)
    }
    this.#tellLosses(now)
  }

  #missSign(name: string, silence: number, now: number): void {
    const lease = this.#lease.get(name)
    if (lease !== undefined && silence > lease) this.#goneSince(name, silenceFor(lease), now - silence)
  }

  #goneSince(name: string, reason: string, since: number): void {
    const before = this.#told.get(name)
    if (before === undefined || before === 'lost') return
    this.#lose(name, { type: 'host-lost', host: name, reason }, since)
  }

  #meet(name: string, said: WorkerSign, silence: number, now: number): void {
    this.#lease.set(name, said.lease)
    if (silence > said.lease) {
      this.#goneSince(name, said.state === 'left' ? LEFT : silenceFor(said.lease), now - silence)
      return
    }
    if (said.state === 'left') {
      this.#goneSince(name, LEFT, now)
      return
    }
    const before = this.#told.get(name)
    if (before === undefined) {
      this.#told.set(name, 'connecting')
      this.#say({ type: 'host-connecting', host: name })
    }
    if (said.state === 'refused') {
      if (before !== 'lost') this.#lose(name, { type: 'host-refused', host: name, problems: said.problems }, now)
      return
    }
    this.#losses.delete(name)
    if (said.state === 'ready' && before !== 'ready') {
      this.#told.set(name, 'ready')
      const { hostname, cores, memory, disk, jobs } = said
      const room = disk === undefined ? { cores, memory } : { cores, memory, disk }
      this.#say({ type: 'host-joined', host: name, hostname, ...room })
      this.#say({ type: 'host-ready', host: name, jobs })
    }
  }

  #lose(name: string, happening: Happening, since: number): void {
    if (!this.#losses.has(name)) this.#losses.set(name, { happening, since })
  }

  #tellLosses(now: number): void {
    const isOneThere = [...this.#told].some(([name, told]) => told !== 'lost' && !this.#losses.has(name))
    const last = Math.max(...[...this.#losses.values()].map(({ since }) => since))
    if (!isOneThere && now - last < this.#patience) return
    for (const [name, { happening }] of this.#losses) {
      this.#told.set(name, 'lost')
      this.#say(happening)
    }
    this.#losses.clear()
  }
}

/** The workers at a plan of a store, as hosts of its run: they show by their signs of life, and are lost without them. */
import type { Happening } from '../../core/event.ts'
import { Leases } from '../../core/store/leases.ts'
import type { WorkerSign } from '../../edge/shared/plans.ts'
import { saidIn } from '../../edge/shared/signs.ts'
import { checkWorkerSign } from '../../edge/shared/worker-sign.ts'

export class Crew {
  readonly #say: (happening: Happening) => void
  readonly #leases = new Leases()
  /** What was last told of each. */
  readonly #told = new Map<string, 'connecting' | 'ready' | 'lost'>()

  constructor(say: (happening: Happening) => void) {
    this.#say = say
  }

  /** How many have shown. */
  get size(): number {
    return this.#told.size
  }

  /** Takes in the signs as they are. `now`: on a clock that cannot be set, in seconds. */
  see(signs: ReadonlyMap<string, string>, now: number): void {
    for (const [name, sign] of signs) {
      const said = saidIn<WorkerSign>(sign)
      // Half written: it is read again soon.
      if (said === null || !checkWorkerSign(said)) continue
      this.#meet(name, said, this.#leases.silence(name, sign, now))
    }
  }

  #meet(name: string, said: WorkerSign, silence: number): void {
    const before = this.#told.get(name)
    const isSilent = silence > said.lease
    if (said.state === 'left' || isSilent) {
      if (before === undefined || before === 'lost') return
      this.#told.set(name, 'lost')
      const reason = said.state === 'left' ? 'it was told to end' : `it gave no sign of life for ${said.lease} s`
      this.#say({ type: 'host-lost', host: name, reason })
      return
    }
    if (before === undefined) {
      this.#told.set(name, 'connecting')
      this.#say({ type: 'host-connecting', host: name })
    }
    if (said.state === 'refused' && before !== 'lost') {
      this.#told.set(name, 'lost')
      this.#say({ type: 'host-refused', host: name, problems: said.problems })
    }
    if (said.state === 'ready' && before !== 'ready') {
      this.#told.set(name, 'ready')
      const { hostname, cores, memory, disk, jobs } = said
      const room = disk === undefined ? { cores, memory } : { cores, memory, disk }
      this.#say({ type: 'host-joined', host: name, hostname, ...room })
      this.#say({ type: 'host-ready', host: name, jobs })
    }
  }
}

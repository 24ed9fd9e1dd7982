/** How long is waited for what a host should say. */
import { AgentError } from './agent.ts'

export class Patience {
  #seconds: number
  readonly #reason: string
  #timer: NodeJS.Timeout | undefined
  /** Nobody waits any more. */
  #isOver = false
  readonly #over: Promise<never>
  #giveUp: (error: AgentError) => void = () => undefined

  /** @param seconds 0: for ever */
  constructor(seconds: number, reason: string) {
    this.#seconds = seconds
    this.#reason = reason
    this.#over = new Promise((_, reject) => {
      this.#giveUp = reject
    })
    this.#over.catch(() => undefined)
  }

  /** Rejects with an AgentError if nothing is heard for too long. */
  async whileWaiting<T>(answer: Promise<T>): Promise<T> {
    // It may fail later, when nobody waits for it any more.
    answer.catch(() => undefined)
    this.heard()
    return Promise.race([answer, this.#over]).finally(() => {
      this.#isOver = true
      clearTimeout(this.#timer)
    })
  }

  /** From now on it may take so long. */
  set(seconds: number): void {
    this.#seconds = seconds
    this.heard()
  }

  /** It is waited for anew. */
  heard(): void {
    clearTimeout(this.#timer)
    if (this.#seconds === 0 || this.#isOver) return
    this.#timer = setTimeout(() => {
      this.#giveUp(new AgentError(this.#reason))
    }, this.#seconds * 1000)
  }
}

/**
 * What reaches a host for as long as a run lasts. Until the host has joined, its connection ends once; after that a new one
 * takes the place of one that was cut, and whoever asks only waits longer.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { HostConfig } from '../../core/config.ts'
import { Allowance } from '../../core/allowance.ts'
import { messageOf } from '../../core/error.ts'
import type { HostFacts, HostProblem } from '../../core/host-facts.ts'
import { describeProblems } from '../../core/host-facts.ts'
import { AgentError, ConnectionGone } from './agent.ts'
import { hostFactsOf, hostPlaceOf } from './answers.ts'
import type { Connection } from './connection.ts'
import type { HostContext, HostPlace } from './job.ts'
import { LocalConnection } from './local.ts'
import { Patience } from './patience.ts'
import { CannotWriteHere, TransferError } from './rsync.ts'
import { Session, withTimeout } from './session.ts'
import { SshConnection } from './ssh.ts'

/** Seconds since the last word of a host after which it is given up. */
const LOST_AFTER = 26
/** Seconds from one try to reach a host again to the next: the first and the longest. */
const TRY_AGAIN = { first: 0.5, longest: 4 }
/** Seconds that a host has to end all that it does for the run. */
const LEAVING = 10
/** Seconds for an answer, and those that a job has besides stuckAfter, in which its host should have ended it. */
const PATIENCE = 300
/** What looks at each file of a root, or waits for jobs to end, and how many times as long it may take. */
const TAKES_LONG: ReadonlySet<string> = new Set(['mirror', 'mirrored', 'clear', 'remove', 'leave'])
const LONGER = 6
/** Seconds of the longest job: more than any build takes, and than it waits for those of others. */
const LONGEST_JOB = 3 * 24 * 3600
/** Events of a job, a few for each package that is installed for it. */
const MOST_EVENTS = 200_000
/** How often a connection is made again: so many times at once, and once more in each so many seconds. */
const MADE_AGAIN = { atOnce: 10, seconds: 60 }
/** How often a transfer is begun anew because its connection was cut. */
const MOST_CUTS = 5

/** A host that cannot build, and why. */
export class HostRefused extends Error {
  readonly problems: HostProblem[]

  constructor(problems: HostProblem[]) {
    super(describeProblems(problems))
    this.problems = problems
  }
}

/** What is told of a host's connection while the run lasts. */
export interface LinkEvents {
  /** It does not answer; it is tried to be reached again. */
  silent: (reason: string) => void
  /** It answers again. */
  back: () => void
}

const NOBODY_LISTENS: LinkEvents = { silent: () => undefined, back: () => undefined }

export class HostLink {
  readonly config: HostConfig
  readonly connection: Connection
  readonly #context: HostContext
  readonly #events: LinkEvents
  /** Rejects when the host is lost. */
  #session: Promise<Session> = Promise.reject(new AgentError('it was not connected'))
  /** The one whose end counts. */
  #current: Session | null = null
  /** All that were opened and have not ended. */
  readonly #open = new Set<Session>()
  #lost: Promise<string>
  #lose: (reason: string) => void = () => undefined
  /** The host was asked to be one of the run's: from then on there may be something of it there. */
  #joining: Promise<unknown> | null = null
  #hasJoined = false
  #hasLeft = false
  readonly #again = new Allowance(MADE_AGAIN.atOnce, 1 / MADE_AGAIN.seconds)

  /** `name`: for a short name of its control socket, unique in the run. */
  constructor(config: HostConfig, context: HostContext, name: string, events: LinkEvents = NOBODY_LISTENS) {
    this.config = config
    this.#context = context
    this.#events = events
    const sockets = join(context.runtime, name)
    this.connection = config.ssh === null ? new LocalConnection(config) : new SshConnection(config, config.ssh, sockets)
    this.#lost = this.#losing()
    this.#session.catch(() => undefined)
  }

  /** Bytes that a package from there may have. */
  get largestPackage(): number {
    return this.#context.largestPackage
  }

  /** Seconds for an answer, and those in which a transfer must get on. */
  get patience(): number {
    return this.#context.patience ?? PATIENCE
  }

  /** Resolves with the reason when the host cannot be used any more, or not until it has come back. */
  get lost(): Promise<string> {
    return this.#lost
  }

  /** Connects, starts the agent, and asks it for the facts. Throws an Error that says why there are none. */
  async connect(): Promise<HostFacts> {
    const { client, connectTimeout } = this.#context
    const session = this.#connect(connectTimeout)
    try {
      const facts = await session.greet('facts', { dir: this.config.dir, client }, connectTimeout)
      this.#use(session)
      return hostFactsOf(facts)
    } catch (error) {
      await session.end('it could not be used')
      const { problem } = await session.ended
      throw problem ? new HostRefused([problem]) : error
    }
  }

  /**
   * The host is one of the run's: its directory is made there, and kept when the connection is cut.
   *
   * @param again it is there already. Default false.
   */
  async join(again = false): Promise<HostPlace> {
    this.#joining = this.ask('hello', this.#hello(again))
    const place = hostPlaceOf(await this.#joining)
    this.#hasJoined = true
    return place
  }

  /** Connects to what is kept of the run there. Throws an AgentError if nothing is; then no connection is left open. */
  async find(): Promise<void> {
    try {
      await this.connect()
      await this.join(true)
    } catch (error) {
      await this.detach()
      throw error
    }
  }

  /** Asks for what may be asked twice. A host that answers pings, and this not, is not waited for for ever. */
  async ask(op: string, body: object = {}): Promise<unknown> {
    const seconds = this.patience * (TAKES_LONG.has(op) ? LONGER : 1)
    const patience = new Patience(seconds, `it did not answer ${op} within ${seconds} s`)
    return patience.whileWaiting(this.#asking(async session => session.agent.ask(op, body).answer))
  }

  /**
   * Begins a job, or listens to the one of that name, and waits for its end. Each event is told once. The host ends a job
   * in which nothing happens (`stuckAfter`), and tells every minute of one in which something does: one of which nothing is
   * heard for longer is given up, by an AgentError, and so is one that goes on for ever.
   *
   * @param key its name within the run
   * @param about what others are to know it by
   * @param job null: it is there already
   */
  async job(
    key: string,
    about: object,
    job: object | null,
    onEvent: (event: Record<string, unknown>) => void = () => undefined,
  ): Promise<unknown> {
    const { stuckAfter, longestJob = LONGEST_JOB } = this.#context
    const seconds = stuckAfter === 0 ? 0 : stuckAfter + this.patience
    const watch = new Patience(seconds, `nothing was heard of its job for ${seconds} s, though it answers`)
    const whole = new Patience(longestJob, `its job did not end within ${longestJob} s`)
    let told = 0
    const asking = this.#asking(async session => {
      let heard = 0
      const asked = session.agent.ask('job', { key, about, job }, event => {
        watch.heard()
        if (event['event'] === 'alive' || heard++ < told) return
        if (told++ > MOST_EVENTS) throw new AgentError('its job says more than any has to say')
        onEvent(event)
      })
      return asked.answer
    })
    return watch.whileWaiting(whole.whileWaiting(asking))
  }

  /** Does what needs a connection besides the agent's, and again if that was cut meanwhile. */
  async through<T>(work: () => Promise<T>): Promise<T> {
    for (let cuts = 0; ; cuts++) {
      const session = await this.#session
      try {
        return await work()
      } catch (error) {
        if (!(error instanceof TransferError) || error instanceof CannotWriteHere || cuts === MOST_CUTS) throw error
        // Answered only when there is a connection, if there will be one again.
        await this.ask('ping')
        if ((await this.#session) === session) throw error
      }
    }
  }

  /** Tries to reach a host that was lost, once. Returns whether what the run had there is still there. */
  async comeBack(): Promise<boolean> {
    const { connectTimeout } = this.#context
    const session = this.#connect(connectTimeout)
    try {
      const again = session.greet('hello', this.#hello(true), connectTimeout)
      const kept = await again.then(
        () => true,
        (error: unknown) => {
          if (error instanceof ConnectionGone) throw error
          return false
        },
      )
      // It answers: who leaves now waits for this, as something of the run is there, or soon will be.
      this.#joining = this.#joinAgain(session, kept, connectTimeout)
      await this.#joining
      return kept
    } catch (error) {
      await session.end('it could not be used')
      throw error
    }
  }

  /** The host is not to be used any more, until it comes back. */
  async drop(reason: string): Promise<void> {
    const session = this.#current
    this.#current = null
    this.#session = this.#giveUp(reason)
    this.#session.catch(() => undefined)
    await session?.end(reason)
  }

  /** Ends everything there: jobs, mounts, the run's directory, the connection. */
  async leave(): Promise<void> {
    const leaving = this.#joining?.then(async () => this.ask('leave'))
    if (leaving) await withTimeout(leaving, LEAVING).catch(() => undefined)
    await this.detach()
  }

  /** Ends the connection: jobs go on there. */
  async detach(): Promise<void> {
    const reason = 'the run is over'
    this.#hasLeft = true
    this.#lose(reason)
    // Also those that are only being tried: that may take longer than anybody wants to wait.
    await Promise.all([...this.#open].map(async session => session.end(reason)))
  }

  async #joinAgain(session: Session, kept: boolean, timeout: number): Promise<void> {
    if (!kept) await session.greet('hello', this.#hello(false), timeout)
    await session.greet('ping', {}, timeout)
    this.#lost = this.#losing()
    this.#use(session)
  }

  #hello(again: boolean): object {
    const { client, run, source, linger } = this.#context
    return { dir: this.config.dir, client, run, boot: source.boot, linger, again }
  }

  #connect(timeout: number): Session {
    if (this.#hasLeft) throw new AgentError('the run is over')
    const session = new Session(this.connection, this.#context.source, timeout)
    this.#open.add(session)
    void session.ended.then(() => this.#open.delete(session))
    return session
  }

  #use(session: Session): void {
    session.watch()
    this.#current = session
    this.#session = Promise.resolve(session)
    void session.ended.then(({ reason, isFinal }) => {
      if (session === this.#current) this.#ended(session, reason, isFinal)
    })
  }

  #ended(session: Session, reason: string, isFinal: boolean): void {
    if (this.#hasJoined && !this.#hasLeft && !isFinal) {
      if (!this.#again.take(1, performance.now() / 1000)) {
        this.#session = this.#giveUp(`its connection ends again and again: ${reason}`)
        this.#session.catch(() => undefined)
        return
      }
      this.#events.silent(reason)
      this.#session = this.#reachAgain(session, reason)
    } else {
      this.#session = this.#giveUp(reason)
    }
    this.#session.catch(() => undefined)
  }

  /** Another session instead of one that ended, as long as nothing else was decided about the host. */
  async #reachAgain(ended: Session, reason: string): Promise<Session> {
    const left = (): number => LOST_AFTER - (performance.now() - ended.agent.heardAt) / 1000
    const isWanted = (): boolean => !this.#hasLeft && this.#current === ended
    let why = reason
    for (let pause = TRY_AGAIN.first; left() > 0 && isWanted(); pause = Math.min(2 * pause, TRY_AGAIN.longest)) {
      const session = this.#connect(Math.max(1, left()))
      try {
        await session.greet('hello', this.#hello(true), Math.max(1, left()))
        // The agent answers hello by itself: whether the run's keeper answers, too, shows now.
        await session.greet('ping', {}, Math.max(1, left()))
        if (!isWanted()) throw new AgentError(reason)
        this.#use(session)
        this.#events.back()
        return session
      } catch (error) {
        await session.end('it could not be used')
        why = messageOf(error)
        // Somebody is there, and has nothing to go on with.
        if (!(error instanceof ConnectionGone)) break
      }
      await sleep(Math.max(0, Math.min(pause, left())) * 1000)
    }
    return this.#giveUp(why)
  }

  async #giveUp(reason: string): Promise<never> {
    this.#lose(reason)
    return Promise.reject(new AgentError(reason))
  }

  async #losing(): Promise<string> {
    return new Promise(resolve => {
      this.#lose = resolve
    })
  }

  async #asking<T>(ask: (session: Session) => Promise<T>): Promise<T> {
    for (;;) {
      const session = await this.#session
      try {
        return await ask(session)
      } catch (error) {
        if (!(error instanceof ConnectionGone) || this.#hasLeft) throw error
        // What took the session's place by now: another one, the wait for it, or the reason why there is none.
        if ((await this.#session) === session) throw error
      }
    }
  }
}

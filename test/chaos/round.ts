/** One round of chaos: a merge that faults are done to until it is through, and what came of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { FarmEvent } from '../../lib/core/event.ts'
import { random as randomOf, type Random } from '../../lib/core/schedule/random.ts'
import { compare, type Outcome } from '../differential/compare.ts'
import type { Difference } from '../differential/scenario.ts'
import { runs, Side, takeSnapshot } from '../differential/side.ts'
import { leftovers } from '../emerge/support.ts'
import { attempts } from '../emerge/workers.ts'
import type { LabHost } from '../lab/host.ts'
import type { Lab } from '../lab/lab.ts'
import type { Running, RunResult } from '../lab/running.ts'
import { ebuilds } from '../lab/repo.ts'
import type { Fault, Told } from './faults.ts'
import { randomToys } from './graph.ts'
import { pick } from './pick.ts'

/** How often emerge is begun again after it was killed. */
const MOST_TRIES = 40
/** Seconds that one emerge may take, with all that befalls it: more is a hang. */
const TIMEOUT = 400
/** Seconds from one fault to the next. */
const BETWEEN = { least: 0.5, most: 6 }
/** What is merged after it. */
const LAST_CP = 'app-toy/last'
/** Seconds that the merge after it takes: on a busy machine all hosts are to take part in it. */
const LAST = 15
/** Seconds that hosts have to clean up after the last run. */
const CLEANING = 20

export interface Strike {
  kind: string
  host: string
  /** Milliseconds since the epoch. */
  at: number
  /** What is known of it when it is over. */
  told: Told
}

export interface Round {
  strikes: Strike[]
  /** How often emerge was begun. */
  tries: number
  seconds: number
  /** Builds that hosts began, and those of them that came to nothing. */
  builds: number
  failed: number
  /** Seconds of builds that came to nothing, by the kind of fault that their host had last. */
  cost: Record<string, number>
  /** Packages that one host had finished while another's were committed. */
  duplicates: string[]
  /** What was committed twice without reason. */
  rebuilt: string[]
  differences: Difference[]
  leftovers: string[]
}

export async function playRound(
  plain: Lab,
  farm: Lab,
  seed: number,
  round: number,
  most: number,
  faults: Readonly<Record<string, Fault>>,
): Promise<Round> {
  const random = randomOf(seed * 1000 + round)
  const { toys, top } = randomToys(random, round)
  const wanted = new Side(plain.client, false).run({
    name: 'chaos',
    proves: 'that nothing was lost',
    ebuilds: toys,
    steps: [[top]],
  })
  wanted.catch(() => undefined)
  const { client } = farm
  const since = Date.now() / 1000 - 0.02
  await client.reset()
  await client.must(['portage-farm', 'setup'])
  await ebuilds(client, toys)

  const began = Date.now()
  const struck = new Striker(farm, random, most, faults)
  const { code, tries } = await mergeUntilDone(client, top, struck)
  await struck.end()
  const seconds = (Date.now() - began) / 1000
  const outcome: Outcome = { snapshot: await takeSnapshot(client, since), exits: [{ command: `emerge ${top}`, code }] }
  const events = await runs(client)

  // A host that was away at the end keeps what it had for the next run that it takes part in, which ends it.
  await ebuilds(client, { [`${LAST_CP}-1`]: { seconds: LAST } })
  await ended(client, client.spawn(['emerge', '--oneshot', LAST_CP]))
  return {
    strikes: struck.strikes,
    tries,
    seconds,
    ...accountOf(events, struck.strikes),
    duplicates: duplicates(events, struck.strikes),
    rebuilt: farm.store === null ? rebuilt(events) : await rebuiltIn(farm),
    differences: compare(withoutTries(await wanted), withoutTries(outcome)).filter(
      each => tries === 1 || !isLostWithEmerge(each),
    ),
    leftovers: await leftAfter(farm),
  }
}

/** The same command again, for as long as it is killed. */
async function mergeUntilDone(client: LabHost, top: string, struck: Striker): Promise<{ code: number; tries: number }> {
  for (let tries = 1; ; tries++) {
    const emerge = client.spawn(['emerge', top])
    const calm = struck.rage()
    const { code, all } = await ended(client, emerge)
    calm()
    const wasKilled = code > 128
    if (!wasKilled || tries === MOST_TRIES) {
      if (code !== 0) process.stderr.write(`emerge ended with ${code}:\n${all}\n`)
      return { code, tries }
    }
  }
}

/** What came of an emerge. Of one that hangs the processes are told, as that is what there is to go on. */
async function ended(client: LabHost, emerge: Running): Promise<RunResult> {
  let processes = ''
  const look = async (): Promise<void> => {
    processes = (await client.run(['ps', 'axfo', 'pid,stat,etime,wchan:20,args'])).stdout
  }
  // It is killed when its time is over.
  const soon = setTimeout(() => void look(), (TIMEOUT - 10) * 1000)
  try {
    return await emerge.within(TIMEOUT)
  } catch (error) {
    throw new Error(`a hang, with these processes on the client:\n${processes}`, { cause: error })
  } finally {
    clearTimeout(soon)
  }
}

/** Does faults, one after another at random moments, some of them at the same time. */
class Striker {
  readonly strikes: Strike[] = []
  readonly #farm: Lab
  readonly #random: Random
  readonly #most: number
  readonly #faults: Readonly<Record<string, Fault>>
  readonly #busy = new Set<Promise<void>>()

  constructor(farm: Lab, random: Random, most: number, faults: Readonly<Record<string, Fault>>) {
    this.#farm = farm
    this.#random = random
    this.#most = most
    this.#faults = faults
  }

  /** Begins. Returns what ends it. */
  rage(): () => void {
    const over = new AbortController()
    const work = this.#rage(over.signal)
    this.#busy.add(work)
    return () => {
      over.abort()
    }
  }

  /** Resolves when everything is mended. */
  async end(): Promise<void> {
    await Promise.all(this.#busy)
  }

  async #rage(signal: AbortSignal): Promise<void> {
    while (this.strikes.length < this.#most) {
      const pause = BETWEEN.least + this.#random() * (BETWEEN.most - BETWEEN.least)
      await sleep(pause * 1000, null, { signal }).catch(() => null)
      if (signal.aborted) return
      const kind = pick(this.#random, Object.keys(this.#faults))
      const fault = this.#faults[kind]
      const host = fault?.choose(this.#farm, this.#random)
      if (!fault || !host) continue
      const strike: Strike = { kind, host: host.name, at: Date.now(), told: null }
      this.strikes.push(strike)
      // Its own: faults that are done at the same time draw in no order.
      const random = randomOf(this.#random() * 2 ** 32)
      const work = fault.strike(host, random).then(
        told => {
          strike.told = told
        },
        // A host that dies while something is done to it ends that, too.
        () => undefined,
      )
      this.#busy.add(work)
    }
  }
}

function accountOf(events: FarmEvent[][], strikes: Strike[]): Pick<Round, 'builds' | 'failed' | 'cost'> {
  const cost: Record<string, number> = {}
  let builds = 0
  let failed = 0
  for (const run of events) {
    const since = new Map<string, number>()
    for (const event of run) {
      if (event.type === 'job-started') {
        builds++
        since.set(`${event.package} ${event.host}`, event.at)
      }
      if (event.type !== 'attempt-failed') continue
      failed++
      const last = strikes.findLast(each => each.at <= event.at && each.host === event.host)
      const kind = last?.kind ?? 'none'
      const began = since.get(`${event.package} ${event.host}`) ?? event.at
      cost[kind] = Math.round(((cost[kind] ?? 0) + (event.at - began) / 1000) * 10) / 10
    }
  }
  return { builds, failed, cost }
}

/** What hosts had finished and could not hand over before another one had. */
function duplicates(events: FarmEvent[][], strikes: Strike[]): string[] {
  return strikes.flatMap(({ told, host }) => {
    if (told === null || !('finished' in told)) return []
    const instead = events
      .flat()
      .flatMap(each => (each.type === 'committed' && each.package.startsWith(`${told.finished}::`) ? [each.host] : []))
      .find(each => each !== host && each !== 'here')
    return instead === undefined ? [] : [`${told.finished}: ${host}, committed from ${instead}`]
  })
}

/** Packages of which hosts' builds were committed more than once, though the first was there to be used. */
function rebuilt(events: FarmEvent[][]): string[] {
  const committed = events
    .flat()
    .flatMap(each =>
      each.type === 'committed' && each.run === undefined && each.host !== 'here' && each.host !== 'home'
        ? [each.package]
        : [],
    )
  return [...new Set(committed.filter((id, index) => committed.indexOf(id) !== index))]
}

/** The same, by the records of a store. */
async function rebuiltIn(farm: Lab): Promise<string[]> {
  // The last of a round is the same in each round, on a system that is another each time.
  const committed = (await attempts(farm)).flatMap(({ claim, verdict }) =>
    claim && verdict?.outcome === 'committed' && !claim.package.startsWith(LAST_CP) ? [claim.package] : [],
  )
  return [...new Set(committed.filter((id, index) => committed.indexOf(id) !== index))]
}

/**
 * Without what tells of tries, of which there is but one on the other side: emerge.log, and the resume lists. (The list of an
 * emerge that was killed is the next one's resume_backup, also with plain emerge.)
 */
function withoutTries<T extends Outcome>(outcome: T): T {
  return { ...outcome, snapshot: { ...outcome.snapshot, log: [], resume: {} } }
}

/** Messages of a merge are emerge's until it has ended: one that is killed takes them along, also plain emerge. */
function isLostWithEmerge({ field, farm }: Difference): boolean {
  return field === 'elog' && farm === null
}

/** What is left, and what became of hosts in the last run, if it is anything. */
async function leftAfter({ client, builders: hosts, workers }: Lab): Promise<string[]> {
  const builders = [...hosts, ...workers]
  const found = await left(builders)
  if (found.length > 0) {
    const last = (await runs(client)).at(-1) ?? []
    process.stderr.write(
      `${last.flatMap(each => (each.type.startsWith('host-') ? [JSON.stringify(each)] : [])).join('\n')}\n`,
    )
    for (const host of builders) {
      process.stderr.write(`${host.name}: ${(await host.run(['ps', 'axo', 'pid,stat,etime,comm'])).stdout}\n`)
    }
  }
  return found.map(each => each.replace(/ -c .* (?=\S+$)/, ' … '))
}

async function left(builders: readonly LabHost[]): Promise<string[]> {
  const look = async (): Promise<string[]> =>
    (await Promise.all(builders.map(async host => (await leftovers(host)).map(each => `${host.name}: ${each}`)))).flat()
  for (let waited = 0; waited < CLEANING; waited++) {
    if ((await look()).length === 0) return []
    await sleep(1000)
  }
  return look()
}

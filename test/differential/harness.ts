/** Two systems that are the same but for the farm, and scenarios that run on both at the same time. */
import { PORTAGE } from '../lab/images.ts'
import type { LabHost } from '../lab/host.ts'
import { FARM_DIR, Lab } from '../lab/lab.ts'
import { ebuild } from '../lab/repo.ts'
import { STORE } from '../lab/store.ts'
import { compare } from './compare.ts'
import { judge } from './expect.ts'
import type { Difference, Scenario } from './scenario.ts'
import { Side, type SideOutcome } from './side.ts'

export interface Result {
  name: string
  portage: string
  equal: boolean
  differences: Difference[]
  seconds: number
  /** What both emerges printed. */
  output: { plain: string; farm: string }
}

export interface PairOptions {
  /** The clients' Portage. Default: the lab's. */
  portage?: string
  /** Builders of the farm. Default 2. */
  builders?: number
  /** As for a lab. Default false. */
  settableClocks?: boolean
  /** Starts the worker of a host, for a farm without a network whose builders share a store. Default: a farm with one. */
  workers?: (host: LabHost) => void
}

/** Added to both clients' make.conf: elog messages are kept in files, those of all classes but `info`. */
const MAKE_CONF = `
PORTAGE_ELOG_SYSTEM="save"
PORTAGE_ELOG_CLASSES="log warn error qa"
`

export class Pair {
  readonly #labs: [Lab, Lab]
  readonly #portage: string

  private constructor(plain: Lab, farm: Lab, portage: string) {
    this.#labs = [plain, farm]
    this.#portage = portage
  }

  /** Starts both labs and sends the hosts their first copy: some seconds. They end with `stop()` or with this process. */
  static async start({
    portage = PORTAGE,
    builders = 2,
    settableClocks = false,
    workers,
  }: PairOptions = {}): Promise<Pair> {
    const starting = [
      Lab.start({ portage, builders: 0, install: false, farmYaml: null, settableClocks }),
      Lab.start({ portage, settableClocks, ...(workers ? { store: true, workers: builders } : { builders }) }),
    ] as const
    const failed = (await Promise.allSettled(starting)).find(one => one.status === 'rejected')
    if (failed) {
      await Promise.allSettled(starting.map(async lab => (await lab).stop()))
      throw failed.reason
    }
    const [plain, farm] = await Promise.all(starting)
    try {
      if (workers) for (const host of farm.workers) workers(host)
      await makeAlike(plain, farm)
      // By what is made up then hosts know it in all scenarios: they need not get all of it in each.
      await farm.client.must(['portage-farm', 'clean', '--pretend'])
      await Promise.all([plain.client.freeze(), farm.client.freeze()])
      // The first copy takes a while, and no scenario is about it. The package is gone with the scenario's reset.
      await ebuild(farm.client, 'app-toy/first-1')
      await farm.client.must(['emerge', '--quiet', 'app-toy/first'])
    } catch (error) {
      await Promise.all([plain.stop(), farm.stop()])
      throw error
    }
    return new Pair(plain, farm, portage)
  }

  get plain(): Lab {
    return this.#labs[0]
  }

  get farm(): Lab {
    return this.#labs[1]
  }

  /** Runs a scenario on both sides, each from its start. */
  async run(scenario: Scenario): Promise<Result> {
    const begin = performance.now()
    const [plainLab, farmLab] = this.#labs
    const result = await Promise.allSettled([
      new Side(plainLab.client, false).run(scenario),
      new Side(farmLab.client, true).run(scenario),
    ])
    const [plain, farm] = result
    const differences =
      plain.status === 'fulfilled' && farm.status === 'fulfilled'
        ? [...differencesOf(scenario, plain.value, farm.value), ...(await onHosts(scenario, farmLab))]
        : [{ where: scenario.name, field: 'could not be run', plain: reason(plain), farm: reason(farm) }]
    return {
      name: scenario.name,
      portage: this.#portage,
      equal: differences.length === 0,
      differences,
      seconds: Math.round((performance.now() - begin) / 100) / 10,
      output: { plain: output(plain), farm: output(farm) },
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#labs.map(lab => lab.stop()))
  }
}

/** Gives both clients the same identity and settings, so that no difference is the lab's. */
async function makeAlike(plain: Lab, farm: Lab): Promise<void> {
  for (const path of ['/etc/machine-id', '/etc/hosts']) await plain.client.write(path, await farm.client.read(path))
  for (const { client } of [plain, farm]) {
    await client.must(['sh', '-c', 'cat >>/etc/portage/make.conf'], { input: MAKE_CONF })
    // The directory of the farm's hook.
    await client.must(['mkdir', '-p', '/etc/portage/bashrc.d'])
    // A root that has had its updates and caches made: no scenario is about a first emerge.
    await client.must(['emerge', '--info'], { env: { PORTAGE_FARM: '0' } })
  }
}

function differencesOf(scenario: Scenario, plain: SideOutcome, farm: SideOutcome): Difference[] {
  const wrong = (side: 'plain' | 'farm', outcome: SideOutcome): Difference[] =>
    outcome.unexpected.map(({ what, expected, is }) => {
      const values = side === 'plain' ? { plain: is, farm: null } : { plain: null, farm: is }
      return { where: scenario.name, field: `${what}, where the scenario expects: ${expected}`, ...values }
    })
  return [
    ...wrong('plain', plain),
    ...wrong('farm', farm),
    ...judge(scenario.expect ?? {}, farm.runs),
    ...compare(plain, farm),
  ]
}

/** What hosts have of the client's files: below the directory of the farm, or in the store. */
async function onHosts({ name, hosts }: Scenario, { builders, workers }: Lab): Promise<Difference[]> {
  if (!hosts) return []
  const having = async (text: string): Promise<string[]> => {
    const found = [...builders, ...workers].map(async host => {
      const { stdout } = await host.run(['grep', '-rlasF', '--', text, FARM_DIR, STORE])
      return stdout
        .split('\n')
        .filter(line => line !== '')
        .map(path => `${host.name}:${path}`)
    })
    return (await Promise.all(found)).flat()
  }
  const [wanted, unwanted] = await Promise.all([having(hosts.have), having(hosts.lack)])
  const wrong = (field: string, farm: string): Difference => ({ where: name, field, plain: null, farm })
  return [
    ...(wanted.length === 0 ? [wrong(`hosts, which must have "${hosts.have}"`, 'no file')] : []),
    ...(unwanted.length > 0 ? [wrong(`hosts, which must not have "${hosts.lack}"`, unwanted.join(' '))] : []),
  ]
}

const reason = (settled: PromiseSettledResult<unknown>): string | null =>
  settled.status === 'rejected' ? String(settled.reason) : null

const output = (settled: PromiseSettledResult<SideOutcome>): string =>
  settled.status === 'fulfilled' ? settled.value.output : String(settled.reason)

/** Two clients that are the same, but that one has portage-farm with a library that says what a test wants. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { EmergeMessage } from '../../lib/core/message.ts'
import type { PlanRequest } from '../../lib/core/request.ts'
import type { LabHost } from '../lab/host.ts'
import { Lab } from '../lab/lab.ts'
import { PROJECT } from '../lab/place.ts'
import { ebuilds, type ToyOptions } from '../lab/repo.ts'
import type { Running, RunResult } from '../lab/running.ts'

/** Images are made at the first start on a machine, and a machine may be busy. */
t.setTimeout(900_000)

type Verdict = 'commit' | 'broken' | 'home' | 'withdraw' | 'silent'

/** What the library says. */
export interface Fake {
  /** By the package's name. */
  verdicts?: Record<string, Verdict>
  /** For packages that are not in `verdicts`. Default commit. */
  default?: Verdict
  /** Speak of the packages in the reverse of the merge list. Default false. */
  reverse?: boolean
  /** Die after so many verdicts. Default never. */
  die?: number
  /** Say "go" only when /tmp/go exists, die then, or never say it. Default: it is said before the verdicts. */
  go?: 'later' | 'die' | 'never'
  /** What is wrong with farm.yaml. Default nothing. */
  refuse?: string
  /** By the package's name: what is said more when it is committed, as `log` and `elog`. */
  words?: Record<string, object>
  /** In place of the message that it is ready. */
  greeting?: object
}

export interface Scenario {
  fake?: Fake
  /** A shell script that is run on both clients, after they were reset. */
  before?: string
  /** The caller's environment. */
  env?: Record<string, string>
}

/** What was left behind: names of packages without category and version. */
interface Left {
  installed: string[]
  packages: string[]
  world: string[]
  resume: string[]
  /** The options in the resume list. */
  options: string[]
  /** What emerge said to the library. */
  heard: (EmergeMessage | { type: 'eof' })[]
  /** Files for the bashrc hook, and copies of packages that were not injected. */
  markers: string[]
  incoming: string[]
}

export type Outcome = Left & RunResult

/** What must be as with stock emerge. */
const fate = ({ code, installed, world, resume }: Outcome) => ({ code, installed, world, resume })

/** The packages of which emerge said something, in its order. */
export function said({ heard }: Outcome, type: EmergeMessage['type']): string[] {
  return heard.flatMap(message =>
    message.type === type && 'id' in message ? [message.id.replace(/^app-toy\/(.*)-1::.*$/, '$1')] : [],
  )
}

/** The plan that emerge handed over. */
export function planOf({ heard, all }: Outcome): PlanRequest {
  const plan = heard.find(message => message.type === 'plan')
  if (!plan) throw new Error(`no plan was made\n${all}`)
  return plan
}

/** It fails if it is told to, and waits as long as it is told to, and says so in a file. */
const BODY = `
src_compile() {
	[[ ! -e /etc/fail-\${PN} ]] || die "told to fail"
	while [[ -e /etc/hold-\${PN} ]]; do : > /tmp/held; sleep 0.1; done
}
src_install() {
	echo "\${PF}" > name || die
	insinto /usr/share/toy
	newins name "\${PF}"
}
pkg_postinst() {
	elog "hello from \${PN}"
}
`
export const toy = (depend = ''): ToyOptions => ({
  slot: '0/1',
  iuse: '+fast slow',
  depend,
  rdepend: depend,
  body: BODY,
})

/** a needs b, c and d, which need e; f stands alone. */
const TOYS = {
  'app-toy/pkg-a-1': toy('app-toy/pkg-b app-toy/pkg-c app-toy/pkg-d'),
  'app-toy/pkg-b-1': toy('app-toy/pkg-e:='),
  'app-toy/pkg-c-1': toy('app-toy/pkg-e:0= fast? ( app-toy/pkg-e )'),
  'app-toy/pkg-d-1': toy('app-toy/pkg-e'),
  'app-toy/pkg-e-1': toy(),
  'app-toy/pkg-f-1': toy(),
}
export const GRAPH = ['pkg-a', 'pkg-b', 'pkg-c', 'pkg-d', 'pkg-e']

/** Back to a system on which emerge has never run. */
const RESET = `
rm -rf /var/db/pkg/* /var/lib/portage/* /var/cache/edb/mtimedb /var/cache/edb/vdb_metadata* /var/cache/binpkgs/* \
  /var/tmp/portage/* /usr/share/toy /etc/fail-* /etc/hold-* /tmp/* /run/portage-farm
`
const LIBRARY = '/usr/local/lib/fake_library.py'

export const emerge = (command: string): string[] => ['emerge', '--color=n', ...command.split(' ')]

export class Twins {
  /** The client with portage-farm. */
  readonly farm: LabHost
  /** The one that never heard of it. */
  readonly plain: LabHost
  readonly #state: string
  /** What stock emerge came to, since several tests compare with the same. */
  readonly #known = new Map<string, Promise<Outcome[]>>()

  private constructor(farm: LabHost, plain: LabHost, state: string) {
    this.farm = farm
    this.plain = plain
    this.#state = state
  }

  /** Starts both, and builds what `stored` (atoms) come to for the library to hand out. They end with the test. */
  static async start(t: Test, stored: string, options: { portage?: string; toys?: Record<string, ToyOptions> } = {}) {
    const { portage = '3.0.83', toys = {} } = options
    const start = async (farmYaml: string | null): Promise<LabHost> => {
      const lab = await Lab.start({ builders: 0, install: farmYaml !== null, farmYaml, portage })
      t.teardown(async () => lab.stop())
      await ebuilds(lab.client, { ...TOYS, ...toys })
      return lab.client
    }
    // The fake library does not read it: it only has to be there.
    const [farm, plain] = await Promise.all([start('hosts:\n  - ssh: fast\n'), start(null)])
    const file = async (name: string) => readFile(join(PROJECT, 'test/hooks', name), 'utf8')
    await farm.write(LIBRARY, await file('fake_library.py'), 0o755)
    const twins = new Twins(farm, plain, await file('state.py'))
    if (stored !== '') {
      const env = { PORTAGE_FARM: '0' }
      await farm.must(emerge(`--quiet --oneshot --buildpkg ${stored}`), { env })
      await farm.must(['mv', '/var/cache/binpkgs', '/var/tmp/farm-store'])
      await farm.must(['mkdir', '/var/cache/binpkgs'])
    }
    return twins
  }

  /** Makes the farm's client ready for a scenario. Default: it is as fresh, and the library commits everything. */
  async prepare({ fake = {}, before = '' }: Scenario = {}): Promise<void> {
    await this.farm.must(['bash', '-ec', RESET + before])
    await this.farm.write('/tmp/fake.json', JSON.stringify(fake))
  }

  /** Starts a command with the library, after `prepare`. */
  spawn(argv: string[], options: { env?: Record<string, string>; tty?: boolean } = {}): Running {
    return this.farm.spawn(argv, { ...options, env: { PORTAGE_FARM_NODE: LIBRARY, ...options.env } })
  }

  /** What a command of `spawn` came to. */
  async end(running: Running, seconds = 120): Promise<Outcome> {
    return this.#outcome(this.farm, await running.within(seconds))
  }

  /** One emerge with the library, on a fresh client. */
  async farmed(command: string | string[], scenario: Scenario = {}): Promise<Outcome> {
    await this.prepare(scenario)
    return this.#farmed(typeof command === 'string' ? emerge(command) : command, scenario)
  }

  /** One more emerge with the library, on the client as the last one left it. */
  async again(command: string, scenario: Pick<Scenario, 'fake' | 'env'>): Promise<Outcome> {
    await this.farm.write('/tmp/fake.json', JSON.stringify(scenario.fake ?? {}))
    return this.#farmed(emerge(command), scenario)
  }

  /** One emerge without portage-farm, on a fresh client. */
  async stock(command: string, scenario: Scenario = {}): Promise<Outcome> {
    const [outcome] = await this.#stock([command], scenario)
    return outcome as Outcome
  }

  /**
   * Runs one or several emerges, one after another, with the library on the one client and without portage-farm on the
   * other. Both must come to the same. Returns what it came to with the library.
   */
  async same(t: Test, commands: [string, ...string[]], scenario: Scenario = {}): Promise<[Outcome, ...Outcome[]]> {
    const farm = async () => {
      await this.prepare(scenario)
      const outcomes = []
      for (const command of commands) outcomes.push(await this.#farmed(emerge(command), scenario))
      return outcomes
    }
    const [farmed, plain] = await Promise.all([farm(), this.#stock(commands, scenario)])
    for (const [index, outcome] of farmed.entries()) {
      t.strictSame(fate(outcome), fate(plain[index] as Outcome), `${commands[index] ?? ''}: as with stock emerge`)
      t.strictSame([outcome.markers, outcome.incoming], [[], []], 'nothing is left behind')
      if (!t.passing()) t.comment(outcome.all)
    }
    return farmed as [Outcome, ...Outcome[]]
  }

  async #farmed(argv: string[], { env }: Scenario): Promise<Outcome> {
    return this.end(this.#closed(this.spawn(argv, env ? { env } : {})))
  }

  #closed(running: Running): Running {
    running.end()
    return running
  }

  async #stock(commands: string[], { before = '', env = {} }: Scenario): Promise<Outcome[]> {
    const key = JSON.stringify([commands, before, env])
    const known = this.#known.get(key)
    if (known) return known
    const run = async () => {
      await this.plain.must(['bash', '-ec', RESET + before])
      const outcomes = []
      for (const command of commands) {
        outcomes.push(await this.#outcome(this.plain, await this.plain.run(emerge(command), { env })))
      }
      return outcomes
    }
    const outcomes = run()
    this.#known.set(key, outcomes)
    return outcomes
  }

  async #outcome(client: LabHost, result: RunResult): Promise<Outcome> {
    return { ...result, ...(JSON.parse(await client.must(['python3', '-c', this.#state])) as Left) }
  }
}

/** A whole farm on this machine: a client with Portage, and builders that it reaches over ssh. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { GENTOO } from './gentoo.ts'
import { LabHost } from './host.ts'
import { builderImages, clientImages, clockImage, PORTAGE } from './images.ts'
import { installFarm, packFarm } from './install.ts'
import { type KeyPair, makeKey } from './keys.ts'
import { makeRunDirectory, type RunDirectory } from './run-directory.ts'
import { plant, type Seed } from './seed.ts'
import { Switch } from './switch.ts'

export { missing } from './missing.ts'

export interface LabOptions {
  /** How many builders, 0 to 26: farm-a, farm-b, … Default 3. */
  builders?: number
  /** Clients, each with a Portage, a farm.yaml and a key of its own. Default 1. */
  clients?: number
  /** The version of the client's Portage, 3.0.52 or newer. Default 3.0.83. */
  portage?: string
  /** Jobs for each host in the default farm.yaml. Default 1. */
  jobs?: number
  /** Install portage-farm in the client as a user does, `portage-farm setup` included. Default true. */
  install?: boolean
  /** Images that lie over the client's own, topmost first. Default none. */
  layers?: string[]
  /** The hosts' clocks can be set: clock.ts. Default false. */
  settableClocks?: boolean
  /** The client's farm.yaml; null for none. Default: one with all builders. */
  farmYaml?: string | null
}

/** Where the client's farm.yaml is. */
export const FARM_YAML = '/etc/portage/farm.yaml'

/** The farm's own directory on a builder: never part of an overlay, since the upper layers of job roots lie in it. */
export const FARM_DIR = '/var/lib/portage-farm'

/** One address in a network of its own; the last byte is also that of the hardware address. */
const place = (index: number) => ({
  address: `10.77.0.${index}`,
  mac: `02:4c:61:62:00:${index.toString(16).padStart(2, '0')}`,
})

interface Member {
  name: string
  address: string
  mac: string
  key: KeyPair
}

export class Lab {
  readonly client: LabHost
  readonly builders: LabHost[]
  /** client-2 and so on. */
  readonly otherClients: LabHost[]
  /** The machine's directory of this lab: it is gone when the lab is. */
  readonly directory: string
  readonly #switch: Switch
  readonly #directory: RunDirectory

  private constructor(clients: LabHost[], builders: LabHost[], network: Switch, directory: RunDirectory) {
    const [client, ...others] = clients as [LabHost, ...LabHost[]]
    this.client = client
    this.otherClients = others
    this.builders = builders
    this.#switch = network
    this.#directory = directory
    this.directory = directory.path
  }

  /**
   * Starts a farm. Takes a second or two, and some minutes the first time on a machine, when the images are made.
   *
   * All of it ends with `stop()`, or else with this process, however that ends. Any number of labs may run at a time.
   */
  static async start(options: LabOptions = {}): Promise<Lab> {
    const {
      builders: count = 3,
      clients: clientCount = 1,
      portage = PORTAGE,
      jobs = 1,
      install = true,
      layers = [],
    } = options
    const clock = options.settableClocks ? [await clockImage()] : []
    const [clientLayers, builderLayers] = await Promise.all([clientImages(portage), builderImages()])
    const directory = await makeRunDirectory()
    let network: Switch | null = null
    let lab: Lab | null = null
    try {
      network = await Switch.start()
      const names = Array.from({ length: count }, (_, i) => `farm-${String.fromCharCode(97 + i)}`)
      const clientNames = ['client', ...Array.from({ length: clientCount - 1 }, (_, i) => `client-${i + 2}`)]
      const members = await Promise.all(
        [...clientNames, ...names].map(async (name, i): Promise<Member> => {
          return { name, ...place(10 + i), key: await makeKey(join(directory.path, 'keys'), name) }
        }),
      )
      const clients = members.slice(0, clientCount)
      const farm = members.slice(clientCount)
      const farmYaml = options.farmYaml === undefined ? defaultFarmYaml(names, jobs) : options.farmYaml

      const host = async (member: Member, images: string[], plain: string[], seed: Seed): Promise<LabHost> => {
        const disk = join(directory.path, member.name)
        await plant(join(disk, 'seed'), { ...common(member, members), ...seed })
        return new LabHost({ disk, images, plain, address: member.address, mac: member.mac }, network as Switch)
      }
      const client = async (member: Member): Promise<LabHost> =>
        host(member, [...clock, ...layers, ...clientLayers], ['/var/cache', '/var/tmp', FARM_DIR], {
          ...GENTOO,
          ...clientKeys(member, farm),
          ...(farmYaml === null ? {} : { [FARM_YAML]: farmYaml }),
        })
      const builder = async (member: Member): Promise<LabHost> =>
        host(member, [...clock, ...builderLayers], [FARM_DIR], builderKeys(member, clients))
      lab = new Lab(await Promise.all(clients.map(client)), await Promise.all(farm.map(builder)), network, directory)
      const started = lab.#hosts.map(host => host.start())
      // All of them, before the first failure is reported: a host that is still booting could not be stopped.
      const failed = (await Promise.allSettled([...started, ...(install ? [packFarm()] : [])])).find(isRejected)
      if (failed) throw failed.reason
      if (install) await Promise.all([lab.client, ...lab.otherClients].map(installFarm))
      return lab
    } catch (error) {
      await (lab?.stop() ?? Promise.all([network?.stop(), directory.remove()]))
      throw error
    }
  }

  get #hosts(): LabHost[] {
    return [this.client, ...this.otherClients, ...this.builders]
  }

  /** The client or a builder, by its name. */
  host(name: string): LabHost {
    const found = this.#hosts.find(host => host.name === name)
    if (!found) throw new Error(`no host is named ${name}`)
    return found
  }

  /** Ends all hosts and removes what they wrote. */
  async stop(): Promise<void> {
    await Promise.all(this.#hosts.map(host => host.stop()))
    await this.#switch.stop()
    await this.#directory.remove()
  }
}

const isRejected = (one: PromiseSettledResult<unknown>) => one.status === 'rejected'

const defaultFarmYaml = (names: string[], jobs: number): string =>
  `hosts:\n${names.map(name => `  - name: ${name}\n    ssh: ${name}\n    jobs: ${jobs}\n`).join('')}`

/** What every host has: its own name and identity, and everybody's address. */
function common(member: Member, members: Member[]): Seed {
  return {
    '/etc/hostname': `${member.name}\n`,
    '/etc/machine-id': `${randomBytes(16).toString('hex')}\n`,
    '/etc/hosts': [
      '127.0.0.1 localhost',
      '::1 localhost',
      ...members.map(({ address, name }) => `${address} ${name}`),
      '',
    ].join('\n'),
  }
}

function clientKeys(client: Member, farm: Member[]): Seed {
  const known = farm.map(
    ({ name, address, key }) => `${name},${address} ${key.public.split(' ').slice(0, 2).join(' ')}\n`,
  )
  return {
    '/root/.ssh/id_ed25519': { text: client.key.private, mode: 0o600 },
    '/root/.ssh/id_ed25519.pub': client.key.public,
    '/root/.ssh/known_hosts': { text: known.join(''), mode: 0o600 },
    '/root/.ssh/config': { text: 'Host *\n  StrictHostKeyChecking yes\n', mode: 0o600 },
  }
}

function builderKeys(builder: Member, clients: Member[]): Seed {
  return {
    '/etc/ssh/ssh_host_ed25519_key': { text: builder.key.private, mode: 0o600 },
    '/etc/ssh/ssh_host_ed25519_key.pub': builder.key.public,
    '/root/.ssh/authorized_keys': { text: clients.map(each => each.key.public).join(''), mode: 0o600 },
  }
}

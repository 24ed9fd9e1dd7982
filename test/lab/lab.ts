/**
 * A whole farm on this machine: a client with Portage, and builders that it reaches over ssh; or, without any network, a
 * client and workers that share a directory.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { GENTOO, REPOSITORY } from './gentoo.ts'
import { LabHost, type Uplink } from './host.ts'
import { builderImages, clientImages, clockImage, PORTAGE, workerImages } from './images.ts'
import { installFarm, installProgram, packFarm } from './install.ts'
import { type KeyPair, makeKey } from './keys.ts'
import type { NfsServer } from './nfs-server.ts'
import { makeRunDirectory, type RunDirectory } from './run-directory.ts'
import { plant, type Seed } from './seed.ts'
import { makeStore, STORE, type Store, type StoreOption } from './store.ts'
import { Switch } from './switch.ts'

export { missing, missingForShownStore } from './missing.ts'
export { STORE } from './store.ts'

export interface LabOptions {
  /** How many builders, 0 to 26: farm-a, farm-b, … Default 3, or 0 with a store. */
  builders?: number
  /**
   * No host has a network; all have one directory at /mnt/farm. `'cached'` is one that behaves as NFS does, with its
   * settings in place of the word if they are not to be the default's; `'nfs'` is had from a real server. Default: none.
   */
  store?: StoreOption
  /** How many workers there are with a store, 0 to 26: worker-a, worker-b, … Default 3. */
  workers?: number
  /** How many clients there are, each with a Portage, a farm.yaml and a key of its own: client, client-b, … Default 1. */
  clients?: number
  /** The version of the client's Portage, 3.0.52 or newer. Default 3.0.83. */
  portage?: string
  /** Jobs for each host in the default farm.yaml. Default 1. */
  jobs?: number
  /** Install portage-farm in the client as a user does, `portage-farm setup` included, and in workers. Default true. */
  install?: boolean
  /** Images that lie over the client's own, topmost first. Default none. */
  layers?: string[]
  /** The hosts' clocks can be set: clock.ts. Default false. */
  settableClocks?: boolean
  /** The client's farm.yaml; null for none. Default: one with all builders, or with the store. */
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
  uplink: Uplink | null
  key: KeyPair
}

export class Lab {
  readonly client: LabHost
  /** All clients: the first is `client`. */
  readonly clients: LabHost[]
  readonly builders: LabHost[]
  readonly workers: LabHost[]
  /** The machine's directory of this lab: it is gone when the lab is. */
  readonly directory: string
  /** The machine's directory that the hosts share: for looking, past their caches. Null without one. */
  readonly store: string | null
  /** What they have it from, with `store: 'nfs'`. */
  readonly server: NfsServer | null
  readonly #switch: Switch | null
  readonly #directory: RunDirectory

  private constructor(
    [clients, builders, workers]: [LabHost[], LabHost[], LabHost[]],
    store: Store | null,
    network: Switch | null,
    directory: RunDirectory,
  ) {
    const [client] = clients as [LabHost, ...LabHost[]]
    this.client = client
    this.clients = clients
    this.builders = builders
    this.workers = workers
    this.#switch = network
    this.#directory = directory
    this.directory = directory.path
    this.store = store && store.directory
    this.server = store && store.server
  }

  /**
   * Starts a farm. Takes a second or two, and some minutes the first time on a machine, when the images are made.
   *
   * All of it ends with `stop()`, or else with this process, however that ends. Any number of labs may run at a time.
   */
  static async start(options: LabOptions = {}): Promise<Lab> {
    const { portage = PORTAGE, jobs = 1, install = true, layers = [] } = options
    const { builders = options.store ? 0 : 3, workers = options.store ? 3 : 0 } = options
    const { clients = 1 } = options
    if (options.store ? builders > 0 : workers > 0) throw new Error('builders are reached by ssh, workers by a store')
    const clock = options.settableClocks ? [await clockImage()] : []
    const [clientLayers, builderLayers, workerLayers] = await Promise.all([
      clientImages(portage),
      builders > 0 ? builderImages() : [],
      workers > 0 ? workerImages() : [],
    ])
    const directory = await makeRunDirectory()
    let network: Switch | null = null
    let store: Store | null = null
    let lab: Lab | null = null
    try {
      const shared = options.store ? await makeStore(directory.path, options.store) : null
      store = shared
      if (!shared) network = await Switch.start()
      const farmNames = names('farm', builders)
      const members = await Promise.all(
        ['client', ...farmNames, ...names('worker', workers), ...names('client', clients).slice(1)].map(
          async (name, i): Promise<Member> => {
            const uplink = network && { switch: network, ...place(10 + i) }
            return { name, uplink, key: await makeKey(join(directory.path, 'keys'), name) }
          },
        ),
      )
      const [client, ...others] = members as [Member, ...Member[]]
      const farm = others.slice(0, builders)
      const working = others.slice(builders, builders + workers)
      const farmYaml =
        options.farmYaml === undefined ? (shared ? STORE_YAML : defaultFarmYaml(farmNames, jobs)) : options.farmYaml

      const host = async (member: Member, images: string[], plain: string[], seed: Seed): Promise<LabHost> => {
        const disk = join(directory.path, member.name)
        await plant(join(disk, 'seed'), { ...common(member, members), ...seed })
        return new LabHost({ disk, images, plain, network: member.uplink, store: shared })
      }
      const clientMembers = [client, ...others.slice(builders + workers)]
      const clientHost = (member: Member): Promise<LabHost> =>
        host(member, [...clock, ...layers, ...clientLayers], ['/var/cache', '/var/tmp', FARM_DIR], {
          ...GENTOO,
          ...(shared ? {} : clientKeys(member, farm)),
          ...(farmYaml === null ? {} : { [FARM_YAML]: farmYaml }),
        })
      const groups = await Promise.all([
        Promise.all(clientMembers.map(clientHost)),
        Promise.all(
          farm.map(member =>
            host(member, [...clock, ...builderLayers], [FARM_DIR], builderKeys(member, clientMembers)),
          ),
        ),
        Promise.all(working.map(member => host(member, [...clock, ...workerLayers], [FARM_DIR], {}))),
      ])
      const all = groups.flat()
      lab = new Lab(groups, shared, network, directory)
      // All of them, before the first failure is reported: a host that is still booting could not be stopped.
      const started = [...all.map(host => host.start()), ...(install ? [packFarm()] : [])]
      const failed = (await Promise.allSettled(started)).find(isRejected)
      if (failed) throw failed.reason
      // As on a Gentoo, where it is synchronised by the user portage.
      await Promise.all(lab.clients.map(client => client.must(['chown', '-R', 'portage:portage', REPOSITORY])))
      if (install) await Promise.all([...lab.clients.map(installFarm), ...lab.workers.map(installProgram)])
      return lab
    } catch (error) {
      await (lab?.stop() ?? Promise.all([network?.stop(), store?.server?.stop(), directory.remove()]))
      throw error
    }
  }

  /** All hosts: the clients, then those that build. */
  get hosts(): LabHost[] {
    return [...this.clients, ...this.builders, ...this.workers]
  }

  /** A client, a builder or a worker, by its name. */
  host(name: string): LabHost {
    const found = this.hosts.find(host => host.name === name)
    if (!found) throw new Error(`no host is named ${name}`)
    return found
  }

  /** Ends all hosts and removes what they wrote. */
  async stop(): Promise<void> {
    await Promise.all(this.hosts.map(host => host.stop()))
    await Promise.all([this.#switch?.stop(), this.server?.stop()])
    await this.#directory.remove()
  }
}

/** farm-a, farm-b, … */
const names = (kind: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${kind}-${String.fromCharCode(97 + i)}`)

const isRejected = (one: PromiseSettledResult<unknown>) => one.status === 'rejected'

const defaultFarmYaml = (names: string[], jobs: number): string =>
  `hosts:\n${names.map(name => `  - name: ${name}\n    ssh: ${name}\n    jobs: ${jobs}\n`).join('')}`

const STORE_YAML = `store: ${STORE}\n`

/** What every host has: its own name and identity, and everybody's address, if there is a network. */
function common(member: Member, members: Member[]): Seed {
  return {
    '/etc/hostname': `${member.name}\n`,
    '/etc/machine-id': `${randomBytes(16).toString('hex')}\n`,
    '/etc/hosts': [
      '127.0.0.1 localhost',
      '::1 localhost',
      ...members.flatMap(({ uplink, name }) => (uplink ? [`${uplink.address} ${name}`] : [])),
      '',
    ].join('\n'),
  }
}

function clientKeys(client: Member, farm: Member[]): Seed {
  const known = farm.map(
    ({ name, uplink, key }) => `${name},${uplink?.address ?? ''} ${key.public.split(' ').slice(0, 2).join(' ')}\n`,
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

/** One host of the farm: it boots, runs commands, loses its network, dies and comes back. */
import { readFile, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { execa } from 'execa'
import { hold, type Holder } from './namespace.ts'
import { script } from './place.ts'
import { type RunResult, Running } from './running.ts'
import { STORE, type Store } from './store.ts'
import { Throttle } from './throttle.ts'
import type { Switch } from './switch.ts'

export interface SpawnOptions {
  /** Added to the environment of a fresh login. Nothing of this process's own environment is passed on. */
  env?: Record<string, string>
  /** A directory of the host. Default /root. */
  cwd?: string
  /** Run it on a terminal of its own, 120 by 40; stderr is then part of stdout. Default false. */
  tty?: boolean
}

export interface RunOptions extends SpawnOptions {
  /** What the command reads. Default: nothing. */
  input?: string | Uint8Array
  /** Seconds after which the command and its process group are killed, and the call rejects. Default 300. */
  timeout?: number
}

/** How a host is plugged into the network. */
export interface Uplink {
  switch: Switch
  address: string
  mac: string
}

export interface HostSettings {
  /** What the host keeps from boot to boot is in this directory, and its name is the host's. */
  disk: string
  /** The images that its root lies on, topmost first. */
  images: string[]
  /** Null for a host that has only its loopback. */
  network: Uplink | null
  /** Null for a host without a shared directory. */
  store: Store | null
  /** Directories that are a plain file system, not part of the overlay that the root is. */
  plain: string[]
}

/** The file of a lab's directory that janitor.sh reads. */
const CGROUPS = 'cgroups'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const LOGIN = { HOME: '/root', USER: 'root', LOGNAME: 'root', SHELL: '/bin/bash', LANG: 'C.UTF-8', PATH }

/** With owners, modes, times and links, which Node's own copying does not keep. */
const copyDirectory = async (from: string, to: string): Promise<void> => {
  await execa('cp', ['-a', from, to])
}

/** Numbers the links, so that those of a host that just died and those of its next boot cannot meet. */
let links = 0

const quote = (argv: string[]): string => argv.map(word => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')

/** A command for a message: scripts among its words are cut short. */
const brief = (argv: string[]): string =>
  argv.map(word => (word.length > 60 ? `${word.slice(0, 60)}…` : word)).join(' ')

export class LabHost {
  readonly name: string
  /** Empty without a network. */
  readonly address: string
  /** The machine's directory that holds this host's disk: for looking, not for writing while it runs. */
  readonly disk: string
  readonly #settings: HostSettings
  readonly #switch: Switch | null
  #holder: Holder | null = null
  #init = 0
  #link = ''
  #throttle: Throttle | null = null
  /** What `freeze()` made of the disk, newest first: layers above the images. */
  readonly #frozen: string[] = []

  constructor(settings: HostSettings) {
    this.name = basename(settings.disk)
    this.address = settings.network?.address ?? ''
    this.disk = settings.disk
    this.#settings = settings
    this.#switch = settings.network?.switch ?? null
  }

  /** Boots the host: the same disk, keys and address as before, all processes new. */
  async start(): Promise<void> {
    if (this.running) throw new Error(`${this.name} is running`)
    const { disk, images, network, store, plain } = this.#settings
    this.#link = `link${++links}`
    this.#holder = await hold(
      ['--mount', '--pid', '--net', '--uts', '--ipc', '--fork', '--kill-child'],
      [
        script('boot.sh'),
        disk,
        [...this.#frozen, ...images].join(':'),
        network?.address ?? '',
        network?.mac ?? '',
        String(network?.switch.pid ?? ''),
        this.#link,
        store?.show?.source ?? store?.directory ?? '',
        store?.show?.program ?? '',
        store?.show?.options ?? '',
        String(store?.show?.network ?? ''),
        ...plain,
      ],
    )
    this.#init = await this.#holder.init()
  }

  /**
   * The host dies, as when its power is cut: all processes are killed, and its connections fall silent instead of being
   * closed. What was written to its disk is kept.
   */
  async stop(): Promise<void> {
    if (!this.#holder?.alive) return
    await this.#switch?.remove(this.#link)
    await this.#holder.stop()
    await this.#throttle?.remove()
    this.#throttle = null
  }

  /** Until it stops, everything on the host has so much of one processor together. */
  async throttle(part: number): Promise<void> {
    this.#throttle = await Throttle.make(this.name, part, join(dirname(this.disk), CGROUPS))
    await this.#throttle.hold(this.#init)
  }

  /** Makes what is on its disk now the state that `reset()` goes back to. The host reboots for it. */
  async freeze(): Promise<void> {
    await this.stop()
    const layer = join(this.disk, `frozen-${this.#frozen.length + 1}`)
    await rename(join(this.disk, 'upper'), layer)
    // The plain directories are not part of the layers: their copy is kept beside.
    await rm(join(this.disk, 'frozen-plain'), { recursive: true, force: true })
    await copyDirectory(join(this.disk, 'plain'), join(this.disk, 'frozen-plain'))
    this.#frozen.unshift(layer)
    await this.reset()
  }

  /** Undoes all that was written to its disk since `freeze()`, by a reboot: some tenths of a second. */
  async reset(): Promise<void> {
    if (this.#frozen.length === 0) throw new Error(`${this.name} was not frozen`)
    await this.stop()
    for (const name of ['upper', 'work', 'plain']) {
      await rm(join(this.disk, name), { recursive: true, force: true })
    }
    await copyDirectory(join(this.disk, 'frozen-plain'), join(this.disk, 'plain'))
    await this.start()
  }

  get running(): boolean {
    return this.#holder?.alive ?? false
  }

  /** The host's first process, as the machine numbers it. */
  get pid(): number {
    return this.#init
  }

  /**
   * From now on nothing reaches the host and nothing leaves it. Connections hang, they are not reset; to new ones
   * "No route to host" is the answer after 3 s, as on any local network with nobody at the address.
   */
  async cutNetwork(): Promise<void> {
    if (!this.#switch) throw new Error(`${this.name} has no network`)
    await this.#switch.unplug(this.#link)
  }

  async restoreNetwork(): Promise<void> {
    await this.#switch?.plug(this.#link)
  }

  /**
   * From now on whoever uses the shared directory on this host waits, as for a server that does not answer on a hard
   * mount. Only for one that is cached.
   */
  async hangStore(): Promise<void> {
    await this.must(['pkill', '-STOP', '-x', 'cachefs'])
  }

  async resumeStore(): Promise<void> {
    await this.must(['pkill', '-CONT', '-x', 'cachefs'])
  }

  /** Until findStore(), the shared directory is not mounted here: there is an empty one, which nobody can write to. */
  async loseStore(): Promise<void> {
    await this.must(['mount', '-t', 'tmpfs', '-o', 'ro,size=4k', 'none', STORE])
  }

  async findStore(): Promise<void> {
    await this.must(['umount', '--lazy', STORE])
  }

  /** Runs a command as root, as in a fresh login, and waits for it. Rejects only if it does not end in time. */
  async run(argv: string[], { input, timeout = 300, ...options }: RunOptions = {}): Promise<RunResult> {
    const running = this.spawn(argv, options)
    if (input !== undefined) running.write(input)
    // A terminal's input has no end: a program that waits for more hangs, as it would for a user.
    if (!options.tty) running.end()
    return running.within(timeout)
  }

  /** As `run`, but rejects unless the command succeeds. Resolves to what it printed on stdout. */
  async must(argv: string[], options: RunOptions = {}): Promise<string> {
    const { code, all, stdout } = await this.run(argv, options)
    if (code !== 0) throw new Error(`${this.name}: ${brief(argv)} failed with ${code}\n${all}`)
    return stdout
  }

  /** Starts a command and leaves it running: to talk to it, to watch it, to end it. */
  spawn(argv: string[], { env = {}, cwd = '/root', tty = false }: SpawnOptions = {}): Running {
    if (!this.running) throw new Error(`${this.name} is not running`)
    const environment = Object.entries({ ...LOGIN, TERM: tty ? 'xterm' : 'dumb', ...env })
    const terminal = ['script', '--quiet', '--return', '--flush', '--command']
    const command = [
      ...[
        'nsenter',
        `--target=${this.#init}`,
        '--mount',
        '--uts',
        '--ipc',
        '--net',
        '--pid',
        '--root',
        `--wdns=${cwd}`,
        '--',
      ],
      ...['/usr/bin/env', '-i', ...environment.map(([name, value]) => `${name}=${value}`)],
      ...(tty ? [...terminal, `stty cols 120 rows 40; exec ${quote(argv)}`, '/dev/null'] : argv),
    ]
    const [program = '', ...args] = this.#throttle?.enter(command) ?? command
    return new Running(`${this.name}: ${brief(argv)}`, program, args)
  }

  /** The text of a file. */
  async read(path: string): Promise<string> {
    return this.must(['cat', '--', path])
  }

  /** Writes a file, and the directories above it. The mode stays as it is, or is 644 for a new file, unless it is given. */
  async write(path: string, content: string | Uint8Array, mode?: number): Promise<void> {
    const chmod = mode === undefined ? '' : `chmod ${mode.toString(8)} "$1"`
    await this.must(['sh', '-ec', `mkdir -p "$(dirname "$1")"; cat >"$1"; ${chmod}`, 'write', path], { input: content })
  }

  async exists(path: string): Promise<boolean> {
    return (await this.run(['test', '-e', path])).code === 0
  }

  /**
   * What is under `path`, for comparing before with after: each path with its type, mode and owner, and the hash of its
   * content or its target. Without /proc, /sys, /dev, /run, /tmp and what lies under the paths in `without`.
   */
  async files(path = '/', without: string[] = []): Promise<Map<string, string>> {
    const walk = await readFile(script('files.py'), 'utf8')
    const skip = ['/proc', '/sys', '/dev', '/run', '/tmp', ...without]
    const fields = (await this.must(['python3', '-c', walk, path, ...skip])).split('\0')
    const found = new Map<string, string>()
    for (let i = 0; i + 1 < fields.length; i += 2) found.set(fields[i] ?? '', fields[i + 1] ?? '')
    return found
  }
}

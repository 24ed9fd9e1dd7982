/** A real NFS server for a lab's shared directory, in namespaces of its own. */
import { execa } from 'execa'
import { nfsImage } from './images.ts'
import { hold, type Holder } from './namespace.ts'
import { script } from './place.ts'

/** What clients in the server's network call its export. */
export const NFS_URL = 'nfs://127.0.0.1/mnt?version=3&nfsport=2049&mountport=20048'

export class NfsServer {
  readonly #holder: Holder

  private constructor(holder: Holder) {
    this.#holder = holder
  }

  static async start(directory: string): Promise<NfsServer> {
    const unshare = ['--net', '--mount', '--pid', '--fork', '--kill-child']
    return new NfsServer(await hold(unshare, [script('nfs-server.sh'), await nfsImage(), directory]))
  }

  /** The process whose network namespace it is. */
  get pid(): number {
    return this.#holder.pid
  }

  /** From now on it does not answer, until it goes on. */
  async hang(): Promise<void> {
    await this.#signal('STOP')
  }

  async resume(): Promise<void> {
    await this.#signal('CONT')
  }

  async stop(): Promise<void> {
    await this.#holder.stop()
  }

  async #signal(name: string): Promise<void> {
    const inside = ['--ns', String(await this.#holder.init()), '--nslist', 'pid']
    await execa('pkill', [`-${name}`, ...inside, '-x', 'ganesha.nfsd'])
  }
}

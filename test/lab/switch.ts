/** The network between the hosts. It is out of reach for this machine, and the machine's network for the hosts. */
import { execa } from 'execa'
import { hold, type Holder } from './namespace.ts'
import { script } from './place.ts'

export class Switch {
  readonly #holder: Holder

  private constructor(holder: Holder) {
    this.#holder = holder
  }

  static async start(): Promise<Switch> {
    return new Switch(await hold(['--net'], [script('switch.sh')]))
  }

  /** The process whose network namespace it is. */
  get pid(): number {
    return this.#holder.pid
  }

  /**
   * Pulls a host's plug: what it sends and what is sent to it is lost without a word, and neither side sees its link go
   * down. Connections hang; new ones fail as on a local network, when nobody answers for the address after 3 s.
   */
  async unplug(port: string): Promise<void> {
    await this.#ip('link', 'set', port, 'nomaster')
  }

  async plug(port: string): Promise<void> {
    await this.#ip('link', 'set', port, 'master', 'br0')
  }

  /** Removes a host's link for good, which also removes the host's own end. */
  async remove(port: string): Promise<void> {
    await this.#ip('link', 'delete', port)
  }

  async stop(): Promise<void> {
    await this.#holder.stop()
  }

  async #ip(...args: string[]): Promise<void> {
    await execa('nsenter', [`--net=/proc/${this.pid}/ns/net`, 'ip', ...args])
  }
}

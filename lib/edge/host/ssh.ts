/** OpenSSH: one connection for each host, which everything else shares. */
import { execa } from 'execa'
import type { HostConfig } from '../../core/config.ts'
import { type AgentProcess, type Connection, STREAMING } from './connection.ts'

/** One master connection (ControlMaster) that runs the agent; rsync goes through it as a further session. */
export class SshConnection implements Connection {
  readonly host: HostConfig
  readonly #target: string
  readonly #sockets: string
  #opened = 0

  /** `target`: what ssh is given. `sockets`: how the path of a control socket begins; 96 bytes at most. */
  constructor(host: HostConfig, target: string, sockets: string) {
    this.host = host
    this.#target = target
    this.#sockets = sockets
  }

  /** Runs a command line there, as the session that holds the connection, which is the newest from then on. */
  open(command: string, timeout: number): AgentProcess {
    // Of a connection that was cut the socket may be left, and nobody would listen there.
    this.#opened++
    const { identity, knownHosts } = this.host
    const argv = [
      // Whatever the user's own configuration says of the host holds; these do in any case.
      ...['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'ForwardAgent=no', '-o', 'ForwardX11=no'],
      ...['-o', `ConnectTimeout=${Math.ceil(timeout)}`, '-o', 'ServerAliveInterval=5', '-o', 'ServerAliveCountMax=3'],
      ...['-o', 'ControlMaster=yes', '-o', 'ControlPersist=no', '-S', this.#socket, '-T', '-x', '-a'],
      ...(identity === null ? [] : ['-i', identity]),
      ...(knownHosts === null ? [] : ['-o', `UserKnownHostsFile=~/.ssh/known_hosts ${sshWord(knownHosts)}`]),
    ]
    return execa('ssh', [...argv, '--', this.#target, command], STREAMING)
  }

  get #socket(): string {
    return `${this.#sockets}-${this.#opened}`
  }

  get reach(): string[] {
    return [...this.#through, this.#address]
  }

  /** The words of a shell command that rsync starts to reach the host (its -e), before it adds the host. */
  get rsyncShell(): string {
    // rsync splits this at blanks; the socket's path has none.
    return this.#through.join(' ')
  }

  rsyncPath(path: string): string {
    return `${this.#address}:${path}`
  }

  /**
   * ssh, as a further session. Where nobody listens at the socket ssh would connect by itself, without keepalives and
   * limits: as it is told to do that by a proxy, which fails, it does not.
   */
  get #through(): string[] {
    return ['ssh', '-S', this.#socket, '-o', 'ControlMaster=no', '-o', 'ProxyCommand=false']
  }

  /** The port is the connection's business, which is open. */
  get #address(): string {
    if (!this.#target.startsWith('ssh://')) return this.#target
    const { username, hostname } = new URL(this.#target)
    return username === '' ? hostname : `${decodeURIComponent(username)}@${hostname}`
  }
}

/** A word of an ssh option: a path with blanks is quoted. */
function sshWord(word: string): string {
  return /\s/.test(word) ? `"${word}"` : word
}

/** OpenSSH: one connection for each host, which everything else shares. */
import { execa } from 'execa'
import type { HostConfig } from '../../core/config.ts'
import { type AgentProcess, type Connection, STREAMING } from './connection.ts'

/** One master connection (ControlMaster) that runs the agent; rsync goes through it as a further session. */
export class SshConnection implements Connection {
  readonly host: HostConfig
  readonly #target: string
  readonly #socket: string
  readonly #connectTimeout: number

  /** `target`: what ssh is given. `socket`: the path of the control socket, at most 100 bytes. `connectTimeout`: seconds. */
  constructor(host: HostConfig, target: string, socket: string, connectTimeout: number) {
    this.host = host
    this.#target = target
    this.#socket = socket
    this.#connectTimeout = connectTimeout
  }

  /** Runs a command line there, as the session that holds the connection. */
  open(command: string): AgentProcess {
    const { identity, knownHosts } = this.host
    const argv = [
      // Whatever the user's own configuration says of the host holds; these do in any case.
      ...['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'ForwardAgent=no', '-o', 'ForwardX11=no'],
      ...['-o', `ConnectTimeout=${this.#connectTimeout}`, '-o', 'ServerAliveInterval=5', '-o', 'ServerAliveCountMax=3'],
      ...['-o', 'ControlMaster=yes', '-o', 'ControlPersist=no', '-S', this.#socket, '-T', '-x', '-a'],
      ...(identity === null ? [] : ['-i', identity]),
      ...(knownHosts === null ? [] : ['-o', `UserKnownHostsFile=~/.ssh/known_hosts ${sshWord(knownHosts)}`]),
    ]
    return execa('ssh', [...argv, '--', this.#target, command], STREAMING)
  }

  /** The words of a shell command that rsync starts to reach the host (its -e), before it adds the host. */
  get rsyncShell(): string {
    // rsync splits this at blanks; the socket's path has none.
    return `ssh -S ${this.#socket} -o ControlMaster=no -o BatchMode=yes -o StrictHostKeyChecking=yes`
  }

  /** The port is the connection's business, which is open. */
  rsyncPath(path: string): string {
    if (!this.#target.startsWith('ssh://')) return `${this.#target}:${path}`
    const { username, hostname } = new URL(this.#target)
    return `${username === '' ? hostname : `${decodeURIComponent(username)}@${hostname}`}:${path}`
  }
}

/** A word of an ssh option: a path with blanks is quoted. */
function sshWord(word: string): string {
  return /\s/.test(word) ? `"${word}"` : word
}

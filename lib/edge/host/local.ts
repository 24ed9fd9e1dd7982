/** This machine, as a host like any other: the agent is started, and rsync copies, without a network. */
import { execa } from 'execa'
import type { HostConfig } from '../../core/config.ts'
import { type AgentProcess, type Connection, type RsyncConnection, STREAMING } from './connection.ts'

/** Another directory of this machine. */
export const HERE: RsyncConnection = { rsyncShell: null, rsyncPath: path => path, reach: [] }

export class LocalConnection implements Connection {
  readonly host: HostConfig
  readonly rsyncShell = null
  readonly reach: readonly string[] = []

  constructor(host: HostConfig) {
    this.host = host
  }

  open(command: string): AgentProcess {
    return execa('/bin/sh', ['-c', command], STREAMING)
  }

  rsyncPath(path: string): string {
    return path
  }
}

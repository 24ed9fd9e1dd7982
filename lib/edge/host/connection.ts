/** How a host is reached: by ssh, or, this machine itself, by nothing. */
import type { ResultPromise } from 'execa'
import type { HostConfig } from '../../core/config.ts'

/** How the process is run that holds the agent at its other end. */
export const STREAMING = {
  buffer: { stdout: false, stderr: true },
  // What a host says besides: who says more than that is not to be used.
  maxBuffer: { stderr: 1 << 20 },
  reject: false,
  stdin: 'pipe',
  detached: false,
  // Not where emerge, or the worker, was called: what lies there is nothing to what runs as root.
  cwd: '/',
} as const
export type AgentProcess = ResultPromise<typeof STREAMING>

/** How rsync reaches the other side. */
export interface RsyncConnection {
  /** The words of a shell command that rsync starts to reach the host (its -e); null: it needs none. */
  readonly rsyncShell: string | null
  /** How rsync names a path there. */
  rsyncPath(path: string): string
  /** The words that start a program there, before its own. */
  readonly reach: readonly string[]
}

export interface Connection extends RsyncConnection {
  readonly host: HostConfig
  /** Runs a command line there, as the process that holds the connection. `timeout`: seconds to connect. */
  open(command: string, timeout: number): AgentProcess
}

/** Ways to place tasks, among which the scheduler chooses by looking ahead. */
export interface Policy {
  name: string
  /** Whether a task may wait for a host that is busy while another one is free. */
  waits: boolean
  /** A task that a free host finishes early enough for all that follows to end by then does not wait for a better one. */
  deadline: number
  /** The names of the hosts that are used; null: all. */
  hosts: ReadonlySet<string> | null
}

export const EARLIEST_FINISH: Policy = { name: 'earliest finish', waits: true, deadline: -Infinity, hosts: null }

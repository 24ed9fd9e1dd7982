/** What the scheduler is told. Times are seconds on one clock, of whatever origin. */
import type { HostSpec } from './model.ts'

export type ScheduleEvent =
  /** The host takes builds from now on, or is other than it was said to be. */
  | { type: 'host-ready'; at: number; host: HostSpec }
  /** It takes none any more; what ran there is lost. */
  | { type: 'host-lost'; at: number; host: string }
  /** Somebody measured how fast it is; jobs that run there go on at that speed. */
  | { type: 'host-speed'; at: number; host: string; speed: number }
  /** It has so many bytes of memory and of disk for builds. */
  | { type: 'host-room'; at: number; host: string; memory: number; disk: number }
  /** A job began there, with so many cores. */
  | { type: 'started'; at: number; task: string; host: string; cores: number }
  /** The job came to its end and gave a package, which is not committed yet. */
  | { type: 'built'; at: number; task: string; host: string }
  /** The job came to its end without a package. `retry`: the same host may try again. */
  | { type: 'failed'; at: number; task: string; host: string; retry: boolean }
  /** The job was ended as it was not needed any more. */
  | { type: 'cancelled'; at: number; task: string; host: string }
  /** What came back is not what was planned: nothing is there of the task, and the host is not asked again for it. */
  | { type: 'refused'; at: number; task: string; host: string }
  /** Its package is there: what needs it may start. */
  | { type: 'committed'; at: number; task: string }
  /** It is not for the hosts (any more): the client builds it. What needs it waits until it is committed. */
  | { type: 'left'; at: number; task: string }
  /** It will not be there at all, and those tasks that are named do without. */
  | { type: 'given-up'; at: number; task: string; freed: readonly string[] }
  /** Another estimate of its build, in seconds on a host of speed 1; its jobs take as much longer. */
  | { type: 'estimated'; at: number; task: string; seconds: number }

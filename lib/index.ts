/** The public API. */
export { distribute, DistributeError } from './farm/distribute.ts'
export type { DistributeOptions, DistributeResult, DistributeWhat, Distribution } from './farm/distribute.ts'
export type { FarmConfig, HostConfig } from './core/config.ts'
export type { FarmEvent, Fault, Happening } from './core/event.ts'
export type {
  Dependencies,
  Distfile,
  PlanRequest,
  RequestEdge,
  RequestPackage,
  RequestSettings,
} from './core/request.ts'
export type { PackageReport } from './report/summary.ts'

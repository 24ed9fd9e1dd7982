/** Lets builds of a store be tried again that were given up, or failed somewhere. */
import { Ledger } from '../../core/store/ledger.ts'
import { Layout } from '../../edge/shared/layout.ts'
import { readRecord } from '../../edge/shared/records.ts'
import { DirectoryRegisters } from '../../edge/shared/registers.ts'

export interface Retried {
  /** The package, by its id. */
  package: string
  /** What had failed, the last of it. */
  reason: string
}

/**
 * @param packages `category/name`, `category/name-version`, either with or without `::repository`; none: all
 * @param by who wants it, for the record
 */
export async function retryBuilds(path: string, packages: readonly string[], by: string): Promise<Retried[]> {
  const layout = await Layout.open(path)
  const ledger = new Ledger(new DirectoryRegisters(layout.in('records'), layout.in('scratch')), readRecord)
  await ledger.look(() => true)
  const retried: Retried[] = []
  for (const key of ledger.keys()) {
    const state = ledger.state(key)
    const id = ledger.attempts(key)[0]?.claim.package ?? ''
    if ((state.state !== 'failed' && state.state !== 'open') || !isNamed(id, packages)) continue
    const reason = state.failures.at(-1)?.reason
    if (reason !== undefined && (await ledger.clear(key, by))) retried.push({ package: id, reason })
  }
  return retried
}

function isNamed(id: string, packages: readonly string[]): boolean {
  const cpv = id.replace(/::.*$/, '')
  // PMS 3.2: a version begins at the last hyphen before a digit.
  const name = cpv.replace(/-\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|p)\d*)*(-r\d+)?$/, '')
  return packages.length === 0 || packages.some(each => [id, cpv, name].includes(each))
}

/** What jobs of this machine install is what was recorded: between the record and here lies a store that others write to. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, type StoredPackage } from '../store.ts'
import { TransferError } from './rsync.ts'

export class RecordedPackages {
  /** Names of those that are what was recorded. */
  readonly #checked = new Set<string>()

  /**
   * Looks at the copies that are about to be installed, so that nothing comes in between. Throws a TransferError if one is
   * not what was recorded, and removes it.
   */
  async check(packages: readonly StoredPackage[], directory: string): Promise<void> {
    for (const { name, place, sha256 } of packages) {
      if (sha256 === undefined || this.#checked.has(name)) continue
      const path = join(directory, name)
      const found = await digestOf(path).catch(() => null)
      if (found?.sha256 !== sha256) {
        await rm(path, { force: true })
        const what = found === null ? 'cannot be read' : `has the SHA-256 ${found.sha256}`
        throw new TransferError(`${place} ${what}, and what was built and verified has ${sha256}`)
      }
      this.#checked.add(name)
    }
  }
}

/** Records in a directory that several machines share: each is written by link(2), which is exclusive also on NFS. */
import { randomBytes } from 'node:crypto'
import { link, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registers } from '../../core/store/ledger.ts'

export class DirectoryRegisters implements Registers {
  readonly #directory: string
  readonly #scratch: string

  /** `scratch`: a directory of the same file system, for what is not whole yet. */
  constructor(directory: string, scratch: string) {
    this.#directory = directory
    this.#scratch = scratch
  }

  async list(): Promise<string[]> {
    return readdir(this.#directory)
  }

  async read(name: string): Promise<string> {
    return readFile(join(this.#directory, name), 'utf8')
  }

  /**
   * As open(2) says of O_EXCL: a file of one's own is linked to the name; on NFS the answer may be lost, so that what counts
   * is whether the file has a second link.
   */
  async write(name: string, text: string): Promise<boolean> {
    const own = join(this.#scratch, `${name}.${randomBytes(6).toString('hex')}`)
    try {
      const file = await open(own, 'wx', 0o644)
      try {
        await file.writeFile(text)
        // Before its name is there for others: whoever finds it finds it whole, also after a crash.
        await file.sync()
      } finally {
        await file.close()
      }
      try {
        await link(own, join(this.#directory, name))
        return true
      } catch (error) {
        if ((await stat(own)).nlink === 2) return true
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
        throw error
      }
    } finally {
      // What was decided is decided, also if the store is away by now.
      await rm(own, { force: true }).catch(() => undefined)
    }
  }
}

/** What is committed is put into the store's PKGDIR, one after another: other systems can use that as a binhost. */
import PQueue from 'p-queue'
import { messageOf } from '../../core/error.ts'
import type { Inspector } from '../../edge/inspector.ts'
import type { Layout } from '../../edge/shared/layout.ts'

/** What puts a package there. It never rejects: that it cannot be done is said once. */
export function offers(
  inspector: Inspector,
  warn: (text: string) => void,
): (path: string, layout: Layout) => Promise<void> {
  const queue = new PQueue({ concurrency: 1 })
  let isTold = false
  return async (path, layout) =>
    queue.add(async () => {
      try {
        await inspector.offer(path, layout.in('binpkgs'))
      } catch (error) {
        if (!isTold) warn(`${layout.in('binpkgs')} does not get what is built: ${messageOf(error)}`)
        isTold = true
      }
    })
}

import { chmod, mkdir, mkdtemp, realpath, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Happening } from '../../lib/core/event.ts'
import { HERE } from '../../lib/edge/host/local.ts'
import { RootSender } from '../../lib/edge/host/root-sender.ts'
import { rsync } from '../../lib/edge/host/rsync.ts'
import { keptRootSize } from '../../lib/edge/root-size.ts'
import { Copying } from '../../lib/farm/copying.ts'
import { Extent } from '../../lib/farm/extent.ts'
import type { WrittenRules } from '../../lib/farm/mirror-places.ts'
import type { Shared } from '../../lib/farm/prepare.ts'

const MIB = 2 ** 20

/** A system of one file, which takes no room, and a place for copies. */
async function system(t: Test): Promise<{
  file: string
  copy: string
  extent: Extent
  copying: (before: () => Promise<void>, after: () => Promise<void>) => { copying: Copying; said: Happening[] }
  kept: () => ReturnType<typeof keptRootSize>
}> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'pf-copying-')))
  t.teardown(async () => rm(directory, { recursive: true, force: true }))
  const [tree, copy, state] = ['tree', 'copy', 'state'].map(name => join(directory, name)) as [string, string, string]
  const file = join(tree, 'file')
  await Promise.all([mkdir(tree), mkdir(copy), mkdir(state)])
  await Promise.all([writeFile(file, ''), chmod(directory, 0o755)])
  const rules = join(directory, 'rules')
  const ways = tree.split('/').map((_, index, all) => `+ ${all.slice(0, index + 1).join('/')}/`)
  const text = [...ways.slice(1), `+ ${tree}/***`, '- *', ''].join('\n')
  await writeFile(rules, text)
  const written = { files: { root: rules }, texts: { root: text } } as WrittenRules
  const extent = new Extent(written, state)
  return {
    file,
    copy: join(copy, file),
    extent,
    copying: (before, after) => {
      const sender = new RootSender(
        async job => {
          await before()
          return rsync(HERE, job).finally(after)
        },
        'host',
        state,
        [],
      )
      const said: Happening[] = []
      const place = {
        copy: async (...args: [string, (bytes: number, percent: number) => void, AbortSignal]) =>
          sender.copy({ path: copy, base: null }, ...args),
      }
      const shared = { rules: written, checked: Promise.resolve(written), extent } as Shared
      const say = (happening: Happening): void => {
        said.push(happening)
      }
      return { copying: new Copying('host', place as never, shared, say, new AbortController().signal), said }
    },
    kept: async () => keptRootSize(state, text),
  }
}

t.test('a copy of more than was found the last time is looked at again, and goes on', async t => {
  const { file, copy, extent, copying, kept } = await system(t)
  await extent.keep({ bytes: 0, files: 1 })
  await truncate(file, 400 * MIB)
  let times = 0
  const { copying: one, said } = copying(
    async () => {
      times++
      return Promise.resolve()
    },
    () => Promise.resolve(),
  )
  await one.root()
  t.equal(times, 2, 'it was ended once')
  t.equal((await stat(copy)).size, 400 * MIB)
  t.equal((await kept())?.bytes, 400 * MIB)
  t.match(said.at(-1), { type: 'mirror-finished', size: 400 * MIB })
})

t.test('a copy that grows past what is found does not go on', async t => {
  const { file, copying, kept } = await system(t)
  const { copying: one } = copying(
    async () => truncate(file, 400 * MIB),
    async () => truncate(file, 0),
  )
  await t.rejects(one.root(), /this system grows while it is copied: the copy was ended at 256 MiB/)
  t.equal(await kept(), null)
})

t.test('without an earlier copy by the same rules it is looked at what goes', async t => {
  const { file, extent } = await system(t)
  await truncate(file, 5 * MIB)
  t.equal((await extent.expected()).bytes, 5 * MIB)
  await chmod(file, 0o640)
  t.equal((await extent.measured()).bytes, 0, 'what not everybody may read does not go')
})

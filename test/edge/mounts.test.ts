/** What is mounted, by the tables of this machine. */
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { isUnmounted, mounts } from '../../lib/edge/mounts.ts'

t.test('mount points and their types', async t => {
  t.match(
    (await mounts()).find(({ point }) => point === '/proc'),
    { type: 'proc' },
  )
})

t.test('a directory that fstab has for a mount is told from others', async t => {
  const directory = t.testdir({ store: {}, 'with blank': {} })
  const [store, blank] = [join(directory, 'store'), join(directory, 'with blank')]
  const fstab = `# what is here\n\nserver:/farm ${store}/ nfs noauto 0 0\n/dev/x ${blank.replace(' ', '\\040')}\text4\nproc /proc proc\n`
  t.ok(await isUnmounted(store, fstab))
  t.ok(await isUnmounted(blank, fstab))
  await symlink(store, join(directory, 'link'))
  t.ok(await isUnmounted(join(directory, 'link'), fstab))
  t.notOk(await isUnmounted(directory, fstab), 'it is not there')
  t.notOk(await isUnmounted('/proc', fstab), 'it is mounted')
  await mkdir(join(store, 'below'))
  t.notOk(await isUnmounted(join(store, 'below'), fstab), 'that one of fstab were mounted, it would not be there')
  t.notOk(await isUnmounted(store, ''))
})

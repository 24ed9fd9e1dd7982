import { chmodSync, existsSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Installed } from '../../lib/edge/mirror/installed.ts'
import { Apart } from '../../lib/farm/apart.ts'
import type { WrittenRules } from '../../lib/farm/mirror-places.ts'

t.setTimeout(60_000)

void t.test('what Portage reads and everybody may not goes apart; nothing that a host says besides', async t => {
  const top = t.testdir({
    etc: {
      shadow: 'secret',
      portage: { 'make.conf': 'own', shut: { x: 'own' }, open: 'public' },
      ssh: { key: 'secret' },
    },
    names: '',
    vdb: {},
  })
  chmodSync(join(top, 'etc/portage/make.conf'), 0o600)
  symlinkSync('../ssh', join(top, 'etc/portage/link'))
  const portage = join(top, 'etc/portage')
  const besides = {
    ...{ installed: await Installed.read(join(top, 'vdb')), isApart: () => false, read: [portage] },
    apart: async () => Promise.resolve([]),
    ...{ included: [], excluded: [], hidden: [] },
  }
  const rules = { texts: { root: '' }, files: { names: join(top, 'names') }, besides } as unknown as WrittenRules
  const staged = async (...denied: string[]): Promise<(path: string) => boolean> => {
    const place = await new Apart(join(top, `apart-${made++}`)).stage(rules, denied, [])
    return path => existsSync(join(place, top, path))
  }
  let made = 0
  const [has, harmless] = [
    await staged(join(portage, 'make.conf'), join(portage, 'shut')),
    await staged(`${portage}/../shadow`, `${portage}/link/key`, `${portage}/shut/../../shadow`, join(top, 'etc/ssh')),
  ]
  t.ok(has('etc/portage/make.conf'))
  t.ok(has('etc/portage/shut/x'))
  t.notOk(has('etc/portage/open'), 'that goes with all else')
  for (const path of ['etc/shadow', 'etc/ssh/key', 'etc/portage/link/key']) t.notOk(harmless(path), path)
})

void t.test('however much a host says is denied, it is compared quickly', async t => {
  const contents = Array.from({ length: 20_000 }, (_, index) => `dir /usr/share/x/${index}\n`).join('')
  const top = t.testdir({ names: '', vdb: { a: { 'b-1': { CONTENTS: contents } } } })
  const besides = {
    ...{ installed: await Installed.read(join(top, 'vdb')), isApart: () => false, read: [] },
    apart: async () => Promise.resolve([]),
    ...{ included: [], excluded: [], hidden: [] },
  }
  const rules = { texts: { root: '' }, files: { names: join(top, 'names') }, besides } as unknown as WrittenRules
  const denied = Array.from({ length: 200_000 }, (_, index) => `/usr/lib/${index}/x`)
  const began = performance.now()
  await new Apart(join(top, 'apart')).stage(rules, denied, [])
  t.ok(performance.now() - began < 10_000)
})

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { RecordedPackages } from '../../../lib/edge/host/recorded-packages.ts'
import { TransferError } from '../../../lib/edge/host/rsync.ts'
import { digestOf } from '../../../lib/edge/store.ts'

void t.test('what is installed is what was recorded', async t => {
  const directory = t.testdir({ good: 'as it was built', bad: 'as it was built', own: 'signed here since' })
  const { sha256 } = await digestOf(join(directory, 'good'))
  const stored = (name: string, digest = true) => ({
    ...{ name, path: '', place: `app-toy/${name}` },
    ...(digest ? { sha256 } : {}),
  })
  // One bit, and as many bytes.
  writeFileSync(join(directory, 'bad'), 'as iu was built')
  const recorded = new RecordedPackages()
  await t.resolves(recorded.check([stored('good'), stored('own', false)], directory))
  await t.rejects(recorded.check([stored('good'), stored('bad')], directory), {
    constructor: TransferError,
    message: /^app-toy\/bad has the SHA-256 [0-9a-f]{64}, and what was built and verified has [0-9a-f]{64}$/,
  })
  t.notOk(existsSync(join(directory, 'bad')), 'so that no other build here takes it')
  await t.rejects(recorded.check([stored('gone')], directory), { message: /^app-toy\/gone cannot be read/ })
})

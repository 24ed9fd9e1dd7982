import { randomBytes } from 'node:crypto'
import t from 'tap'
import type { LabHost } from '../lab/host.ts'
import { ebuild } from '../lab/repo.ts'
import { found, having, MARK, merge, program, python } from './leaving/support.ts'
import { startLab } from './support.ts'

t.test('what real systems have, and nobody else may have', async t => {
  const { client, builders } = await startLab(t, { builders: 1 })
  const [builder] = builders as [LabHost]
  const table = await program('secrets.txt')
  const paths = (await python(client, 'plant.py', [MARK], table)).trim().split('\n')
  t.ok(paths.length >= 180, `${paths.length} files`)

  // A kernel as sys-kernel/gentoo-kernel installs it where it makes its own key: kernel-build.eclass says so.
  const kernel = '/usr/src/linux-6.12.9-gentoo-dist/certs/signing_key.pem'
  const body = `${randomBytes(48).toString('base64')}\n`.repeat(20)
  await client.write(kernel, `-----BEGIN PRIVATE KEY-----\n${body}-----END PRIVATE KEY-----\n${MARK}kernel\n`, 0o644)
  await python(client, 'record.py', ['sys-kernel/made-up-6.12.9', kernel])
  await client.write('/etc/harmless.conf', 'leaving-may\n')
  await ebuild(client, 'app-toy/one-1')
  await merge(t, client, 'app-toy/one-1')

  t.match(await having(builder, 'leaving-may'), [/\/etc\/harmless\.conf$/], 'what may leave is found there')
  t.strictSame(await having(builder, MARK), [], 'no text of a secret is below the directory of the host')
  t.strictSame(await found(builder, [...paths, kernel]), [], 'nor is a file that has one')
})

/** Gives a lab's client the real packages: the ebuilds with their Manifests, and the distfiles. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import { REPOSITORY } from '../lab/gentoo.ts'
import type { LabHost } from '../lab/host.ts'
import { CACHE, PROJECT } from '../lab/place.ts'

const REAL = join(PROJECT, 'test/real')

/** The files, with their directories, as a tar archive of root's. */
async function archive(directory: string, files: string[]): Promise<Uint8Array> {
  const owner = ['--owner=0', '--group=0', '--numeric-owner']
  return (await execa('tar', ['-c', ...owner, '-C', directory, '--', ...files], { encoding: 'buffer' })).stdout
}

/**
 * After this, the client can emerge what `layers.ts` lists. Downloads some 35 MB the first time on a machine. It rejects,
 * saying which file and why, if that fails.
 */
export async function addRealSoftware(client: LabHost): Promise<void> {
  await execa(join(REAL, 'fetch.sh'), { stdin: 'ignore' })
  const sums = await readFile(join(REAL, 'SHA256SUMS'), 'utf8')
  const distfiles = [...sums.matchAll(/^[0-9a-f]{64} [ *](.+)$/gm)].map(match => match[1] ?? '')
  const categories = (await readdir(join(REAL, 'repo'))).sort()

  await client.must(['tar', '-x', '-C', '/var/cache/distfiles'], {
    input: await archive(join(CACHE, 'distfiles'), distfiles),
  })
  await client.must(['tar', '-x', '-C', REPOSITORY], { input: await archive(join(REAL, 'repo'), categories) })
  const known = ['sh', '-ec', 'for name; do grep -qx "$name" "$0" || echo "$name" >>"$0"; done']
  await client.must([...known, `${REPOSITORY}/profiles/categories`, ...categories])
  // Gentoo's lib64 is not a place where Debian's linker and pkg-config look.
  const settle = ['sed', '-i', 's/^\\(LIBDIR_[a-z0-9]*=\\).*/\\1"lib"/']
  await client.must([...settle, `${REPOSITORY}/profiles/default/make.defaults`])
}

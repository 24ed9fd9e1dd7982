/**
 * What `npm install --global` brings is what was tested: the archive has all that portage-farm needs from npm, as
 * package-lock.json has it. That it is installed without a network shows test/emerge/installing.test.ts.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import t from 'tap'
import { projectFile } from '../../lib/edge/project.ts'

interface Lock {
  packages: Record<string, { version: string; dev?: boolean; integrity?: string; hasInstallScript?: boolean }>
}

void t.test('the archive has the packages of package-lock.json, and no others', async t => {
  const work = await mkdtemp(join(tmpdir(), 'portage-farm-packing-'))
  t.teardown(async () => rm(work, { recursive: true, force: true }))
  const argv = ['pack', '--json', '--ignore-scripts', '--pack-destination', work]
  const packed = await execa('npm', argv, { cwd: projectFile('.'), stdin: 'ignore' })
  const [{ filename } = { filename: '' }] = JSON.parse(packed.stdout) as { filename: string }[]
  await execa('tar', ['-C', work, '-xzf', join(work, filename)])

  const { packages } = JSON.parse(await readFile(projectFile('package-lock.json'), 'utf8')) as Lock
  const needed = Object.entries(packages).filter(([path, each]) => path !== '' && each.dev !== true)
  t.ok(needed.length >= 5)
  for (const [path, { version, integrity, hasInstallScript }] of needed) {
    const there = JSON.parse(await readFile(join(work, 'package', path, 'package.json'), 'utf8').catch(() => '{}')) as {
      version?: string
    }
    t.equal(there.version, version, path)
    t.match(integrity, /^sha512-/, `${path} is what npm ci compares it with`)
    t.not(hasInstallScript, true, `${path} runs nothing when it is installed`)
  }
  const find = ['package', '-path', '*node_modules*', '-name', 'package.json', '-printf', '%h\n']
  const { stdout } = await execa('find', find, { cwd: work })
  const roots = stdout.split('\n').filter(path => /node_modules\/(@[^/]+\/)?[^/]+$/.test(path))
  t.strictSame(roots.sort(), needed.map(([path]) => `package/${path}`).sort())
})

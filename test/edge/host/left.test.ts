import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { projectFile } from '../../../lib/edge/project.ts'
import { scratch } from './support.ts'

t.setTimeout(60_000)

/** What a function of farm_left.py returns for a directory. */
function left(name: string, directory: string): unknown {
  const program = `import json, sys; sys.path.insert(0, sys.argv[1])
import farm_left
print(json.dumps(getattr(farm_left, sys.argv[2])(sys.argv[3])))`
  const agent = dirname(projectFile('hooks/agent/farm_left.py'))
  const argv = ['-c', program, agent, name, directory]
  return JSON.parse(execFileSync('python3', argv, { encoding: 'utf8', timeout: 20_000, maxBuffer: 2 ** 25 }))
}

function put(directory: string, files: Record<string, string>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
  }
}

const LOG = 'app-toy:a-1:20260101-000000.log'

t.test('the words of a build, whatever it left beside them', async t => {
  const directory = scratch(t)
  const outside = scratch(t)
  put(outside, { secret: 'of the host' })
  put(directory, {
    [LOG]: 'built',
    'elog/app-toy:a-1:20260101-000000.log': 'INFO: setup\none\n',
    'elog/b/other.log': 'WARN: setup\ntwo\n',
    'zzz.log': 'not a name of Portage’s',
    'odd\nname:20260101-000000.log': '',
  })
  execFileSync('mkfifo', [join(directory, 'elog/a.log'), join(directory, 'app-toy:b-1:20260101-000000.log')])
  symlinkSync(join(outside, 'secret'), join(directory, 'elog/link.log'))
  symlinkSync(outside, join(directory, 'elog/c'))
  symlinkSync(join(outside, 'secret'), join(directory, 'zz:20260101-000000.log'))
  t.strictSame(left('_words', directory), { log: LOG, elog: 'INFO: setup\none\nWARN: setup\ntwo\n' })
})

t.test('words without an end', async t => {
  const directory = scratch(t)
  put(directory, { 'elog/a': 'x'.repeat(3 << 20), 'elog/b': 'more' })
  const { elog } = left('_words', directory) as { elog: string }
  t.equal(elog, 'x'.repeat(1 << 20))
})

t.test('the packages of a build, whatever it left beside them', async t => {
  const directory = scratch(t)
  const name = 'app-toy/a/a-1-1.gpkg.tar'
  put(directory, { [name]: 'built' })
  symlinkSync('/etc/passwd', join(directory, 'app-toy/a/a-2-1.gpkg.tar'))
  execFileSync('mkfifo', [join(directory, 'app-toy/a/a-3-1.gpkg.tar')])
  const sha256 = createHash('sha256').update('built').digest('hex')
  t.strictSame(left('_packages', directory), [{ path: name, size: 5, sha256 }])
})

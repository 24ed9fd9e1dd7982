/** Copies into PKGDIR, which members of group portage may be able to write to (hooks/portage_farm/copying.py). */
import { linkSync, readFileSync, statSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import t from 'tap'
import { projectFile } from '../../lib/edge/project.ts'

/**
 * Copies argv[2] to argv[3]; `link`, `nolink`. Before each step that names the copy by its path, somebody else puts a link
 * to argv[4] there, who can do that at any moment: these are the worst ones.
 */
const COPY = `
import os, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from portage_farm import copying
path, to, victim, how, attacked = sys.argv[2:]
def attack():
    if attacked == "attacked":
        if os.path.lexists(to):
            os.unlink(to)
        os.symlink(victim, to)
def around(name):
    real = getattr(os, name)
    def called(*arguments):
        attack()
        if name == "link" and how == "nolink":
            raise OSError("another file system")
        result = real(*arguments)
        return result
    setattr(os, name, called)
around("link")
def ioctl(*arguments):
    attack()
    raise OSError("it has no clones")
copying.fcntl.ioctl = ioctl
copying.copy(path, to, may_link=how != "never")
`

for (const how of ['link', 'nolink', 'never']) {
  void t.test(`what another puts in the way is not written to: ${how}`, async t => {
    const directory = t.testdir({ package: 'what was built', victim: 'not to be written to', pkgdir: {} })
    const paths = ['package', 'pkgdir/copy', 'victim'].map(name => join(directory, name))
    const argv = ['-c', COPY, projectFile('hooks'), ...paths, how]
    await execa('python3', [...argv, 'attacked'], { reject: false })
    t.equal(readFileSync(join(directory, 'victim'), 'utf8'), 'not to be written to')
  })

  void t.test(`a copy is whole, and nothing is left beside it: ${how}`, async t => {
    const directory = t.testdir({ package: 'what was built', pkgdir: {} })
    const paths = ['package', 'pkgdir/copy', 'victim'].map(name => join(directory, name))
    await execa('python3', ['-c', COPY, projectFile('hooks'), ...paths, how, 'calm'])
    t.equal(readFileSync(join(directory, 'pkgdir/copy'), 'utf8'), 'what was built')
    t.equal(statSync(join(directory, 'package')).nlink, how === 'link' ? 2 : 1)
    t.strictSame(readdirSync(join(directory, 'pkgdir')), ['copy'])
  })
}

void t.test('a name that is taken is refused', async t => {
  const directory = t.testdir({ package: 'what was built', copy: 'there' })
  linkSync(join(directory, 'copy'), join(directory, 'second'))
  const paths = ['package', 'copy', 'second'].map(name => join(directory, name))
  const { failed, stderr } = await execa('python3', ['-c', COPY, projectFile('hooks'), ...paths, 'link', 'calm'], {
    reject: false,
  })
  t.ok(failed)
  t.match(stderr, 'FileExistsError')
  t.equal(readFileSync(join(directory, 'second'), 'utf8'), 'there')
})

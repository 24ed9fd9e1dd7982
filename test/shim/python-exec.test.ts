/** What the real python-exec 2.4.10 ran in each case, and what the shim takes for its choice. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { execa } from 'execa'
import t from 'tap'
import { projectFile } from '../../lib/edge/project.ts'

/** Built with --with-python-impls="python3.11 python3.12 python3.13": the one that it prefers most comes last there. */
const KNOWN = ['python3.13', 'python3.12', 'python3.11']

void t.test('the shim chooses as python-exec does', async t => {
  const file = projectFile('test/shim/python-exec-cases.json')
  const cases = JSON.parse(await readFile(file, 'utf8')) as { runs: string | null }[]
  const argv = [projectFile('test/shim/python_exec_cases.py'), projectFile('hooks'), file, ...KNOWN]
  const { stdout } = await execa('python3', argv)
  const chosen = JSON.parse(stdout) as (string | null)[]
  for (const [index, each] of cases.entries()) t.equal(chosen[index], each.runs, JSON.stringify(each))
  t.ok(cases.length > 100)
})

void t.test('which files are python-exec, and under which name', async t => {
  const root = t.testdir({
    bin: { 'python-exec2c': '' },
    'python-exec2': `#!${join(t.testdirName, 'bin/python-exec2c')}\n`,
    emerge: t.fixture('symlink', 'python-exec2'),
    other: t.fixture('symlink', 'emerge'),
    copy: `#!${join(t.testdirName, 'bin/python-exec2c')}\n`,
    // Portage's own script.
    script: '#!/usr/bin/env python3\n',
  })
  const program = `
import json, sys
sys.path.insert(0, sys.argv[1])
sys.dont_write_bytecode = True
from portage_farm.python_exec import python_exec
print(json.dumps([found and found.name for found in map(python_exec, sys.argv[2:])]))
`
  const paths = ['emerge', 'other', 'copy', 'script', 'nowhere'].map(name => join(root, name))
  const { stdout } = await execa('python3', ['-c', program, projectFile('hooks'), ...paths])
  t.strictSame(JSON.parse(stdout), ['emerge', 'emerge', 'copy', null, null])
})

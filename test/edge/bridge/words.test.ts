import { execFileSync } from 'node:child_process'
import { mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFile } from '../../../lib/edge/project.ts'
import { scratch } from '../host/support.ts'

/** Runs Python with emerge's side of the bridge; gives what it prints, as JSON. */
function python(code: string, ...words: string[]): unknown {
  const program = `import json, sys; sys.path.insert(0, sys.argv[1])\n${code}`
  return JSON.parse(execFileSync('python3', ['-c', program, projectFile('hooks'), ...words], { encoding: 'utf8' }))
}

t.test('what is said is text for a terminal and for a file', async t => {
  const said = { type: 'say', level: 'warn', text: 'a\u001b[2J\r\tb\nc\u202e\u009b', elog: '\ud800\u0007', log: '/a' }
  const clean = 'from portage_farm import messages\nprint(json.dumps(messages.cleaned(json.loads(sys.argv[2]))))'
  t.strictSame(python(clean, JSON.stringify(said)), {
    ...said,
    text: 'a\\x1b[2J\\x0d\tb\nc\\x202e\\x9b',
    elog: '\\xd800\\x07',
  })
  const problem = 'from portage_farm import messages\nprint(json.dumps(messages.problem(json.loads(sys.argv[2]))))'
  const commit = { type: 'commit', id: 'a', path: '/p', log: '/a\ud800' }
  t.match(python(problem, JSON.stringify(commit)), /its log is wrong/)
  t.match(python(problem, JSON.stringify({ ...commit, log: '/a\0' })), /its log is wrong/)
  t.equal(python(problem, JSON.stringify({ ...commit, log: '/ä' })), null)
})

/** Whether the log at a path is gone on with; its name, or why not. */
function goneOn(t: Test, log: string, begun = 'app-toy:a-1:20260102-030405.log', make = true): unknown {
  const directory = scratch(t)
  const at = (name: string): string => join(directory, 'log', name)
  mkdirSync(at('build/app-toy'), { recursive: true })
  mkdirSync(join(directory, 'work'))
  writeFileSync(join(directory, 'work/.logid'), '')
  writeFileSync(at(begun), 'begun')
  if (make) writeFileSync(at(log), 'there')
  else symlinkSync('/etc/passwd', at(log))
  const code = `
from portage_farm import buildlog
settings = {"PORTAGE_LOG_FILE": sys.argv[3], "PORTAGE_BUILDDIR": sys.argv[4]}
try:
    buildlog.continue_log(sys.argv[2], settings)
    print(json.dumps(settings["PORTAGE_LOG_FILE"]))
except (ValueError, OSError) as error:
    print(json.dumps(type(error).__name__))
`
  const said = python(code, at(log), at(begun), join(directory, 'work'))
  const { mtimeMs } = statSync(join(directory, 'work/.logid'))
  return said === at(log) ? new Date(mtimeMs).toISOString() : said
}

t.test('a log is gone on with only if it is one of this build', async t => {
  t.equal(goneOn(t, 'app-toy:a-1:20260101-000000.log'), '2026-01-01T00:00:00.000Z')
  const begun = 'build/app-toy/a-1:20260102-030405.log.gz'
  t.equal(goneOn(t, 'build/app-toy/a-1:20260101-000000.log.gz', begun), '2026-01-01T00:00:00.000Z')
  for (const name of [
    'app-toy:a-1:99999999-999999.log',
    'app-toy:a-1:20260101-000000.log.gz',
    'app-toy:b-1:20260101-000000.log',
    'app-toy:a-1:٢٠٢٦٠١٠١-٠٠٠٠٠٠.log',
    'emerge.log',
    'build/app-toy/a-1:20260101-000000.log',
  ]) {
    t.equal(goneOn(t, name), 'ValueError', name)
  }
  t.equal(goneOn(t, 'app-toy:a-1:20260101-000000.log', undefined, false), 'ValueError', 'a link')
})

t.test('a log that is kept aside when its directory goes is no exception', async t => {
  const directory = scratch(t)
  mkdirSync(join(directory, 'log'))
  writeFileSync(join(directory, 'log/a'), '')
  const code = `
import shutil
from portage_farm import buildlog
with buildlog.kept(sys.argv[2] + "/a"):
    shutil.rmtree(sys.argv[2])
print("null")
`
  t.equal(python(code, join(directory, 'log')), null)
})

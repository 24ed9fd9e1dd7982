import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { projectFile } from '../../lib/edge/project.ts'

t.setTimeout(60_000)

interface Ended {
  result?: unknown
  what?: string
  error?: string
  seconds: number
  /** The processes of its that are left. */
  left: number
}

/** Runs Python code as `function`, confined. */
function confined(code: string, seconds: number, memory = 2 ** 30): Ended {
  const program = `
import json, subprocess, sys, time
sys.path.insert(0, sys.argv[1])
from portage_farm import confined
from portage_farm.bounds import BrokenPackage
def function():
${code.replaceAll(/^/gm, '    ')}
began = time.monotonic()
try:
    said = {"result": confined.call(function, ${seconds}, ${memory})}
except BrokenPackage as error:
    said = {"what": error.what, "error": str(error)}
left = subprocess.run(["pgrep", "-f", "-c", "^sleep 87654"], stdout=subprocess.PIPE, text=True).stdout
print(json.dumps({**said, "seconds": time.monotonic() - began, "left": int(left)}))
`
  const hooks = join(projectFile('hooks/inspect'), '..')
  return JSON.parse(execFileSync('python3', ['-c', program, hooks], { encoding: 'utf8' })) as Ended
}

t.test('what it returns, and what it raises', async t => {
  t.strictSame(confined('return {"a": [1, None]}', 5).result, { a: [1, null] })
  t.match(confined('raise BrokenPackage("image", "no")', 5), { what: 'image', error: 'no' })
  t.match(confined('return 1 / 0', 5), { what: 'integrity', error: /^ZeroDivisionError: / })
})

t.test('what takes too much memory', async t => {
  t.match(confined('return len(bytes(300 << 20))', 5, 200 * 2 ** 20), { what: 'limits', error: /more than 200 MiB/ })
  t.match(confined('return len(bytes(300 << 20))', 5).result, 300 * 2 ** 20)
})

t.test('what computes without an end', async t => {
  const compute = (): ReturnType<typeof confined> => confined('while True:\n    pass', 1)
  let ended = compute()
  // On a busy machine twice as long may pass by the clock before it has computed so long.
  for (let tries = 1; tries < 5 && /within 2 s/.test(ended.error ?? ''); tries++) ended = compute()
  const { what, error, seconds } = ended
  t.match({ what, error }, { what: 'limits', error: /more than 1 s of computing/ })
  t.ok(seconds < 10, `${seconds} s`)
})

t.test('what waits without an end, and what it started', async t => {
  const { what, error, seconds, left } = confined('subprocess.run(["sleep", "87654"])', 1)
  t.match({ what, error }, { what: 'limits', error: /not be read within 2 s/ })
  t.ok(seconds < 10, `${seconds} s`)
  t.equal(left, 0)
})

t.test('what dies, says too much, or writes without an end', async t => {
  t.match(confined('import os; os.abort()', 5), { what: 'limits', error: /ended without a word/ })
  t.match(confined('return "x" * (300 << 20)', 20, 2 ** 31), { what: 'limits', error: /are more than/ })
  const write =
    'with open("/tmp/pf-confined", "wb") as f:\n    import os; os.unlink(f.name)\n    while True: f.write(bytes(1 << 20))'
  t.match(confined(write, 10), { what: 'integrity', error: /File too large/ })
})

import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Inspector, type Inspected } from '../../lib/edge/inspector.ts'
import { scratch } from './host/support.ts'

t.setTimeout(30_000)

/** In the place of the interpreter: a reader of packages that does as their names say. */
function reader(t: Test, patience?: number): Inspector {
  const python = join(scratch(t), 'python')
  writeFileSync(
    python,
    `#!/usr/bin/env python3
import json, os, subprocess, sys, time
for line in sys.stdin:
    asked = json.loads(line)
    if "dies" in asked["path"]:
        os.abort()
    if "hangs" in asked["path"]:
        subprocess.run(["sleep", "87653"])
    if "babbles" in asked["path"]:
        sys.stdout.write("x" * (1 << 10)); sys.stdout.flush(); os._exit(3)
    print(json.dumps({"id": asked["id"], "metadata": {"cpv": asked["path"]}}), flush=True)
`,
  )
  chmodSync(python, 0o755)
  return new Inspector(python, patience)
}

const found = (all: Inspected[]): string[] => all.map(each => (each.ok ? each.metadata.cpv : each.what))

t.test('a package that ends its reader is refused, and no other', async t => {
  const inspector = reader(t)
  const asked = ['/a', '/dies', '/b', '/dies too', '/babbles', '/c']
  const all = await Promise.all(asked.map(async path => inspector.inspect(path, { libc: [], needs: [], most: 0 })))
  t.strictSame(found(all), ['/a', 'limits', '/b', 'limits', 'limits', '/c'])
  t.match(all[1], { reason: /ended while it read it/ })
  t.match(await inspector.inspect('/d', { libc: [], needs: [], most: 0 }), { ok: true })
  await inspector.close()
})

t.test('so is one that it does not answer about', async t => {
  const inspector = reader(t, 1)
  const asked = ['/hangs', '/a', '/hangs too', '/b']
  const began = performance.now()
  const all = await Promise.all(asked.map(async path => inspector.inspect(path, { libc: [], needs: [], most: 0 })))
  t.strictSame(found(all), ['limits', '/a', 'limits', '/b'])
  t.ok(performance.now() - began < 10_000)
  await inspector.close()
})

t.test('the end of the run waits for none', async t => {
  const inspector = reader(t)
  const asked = ['/hangs', '/a'].map(async path => inspector.inspect(path, { libc: [], needs: [], most: 0 }))
  // It is at the first by then, or not even begun.
  await new Promise(resolve => setTimeout(resolve, 300))
  await inspector.close()
  t.strictSame(
    (await Promise.all(asked)).map(each => each.ok),
    [false, false],
  )
  t.match(await inspector.inspect('/b', { libc: [], needs: [], most: 0 }), { ok: false, reason: 'the run is over' })
})

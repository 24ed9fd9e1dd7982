import t from 'tap'
import { FARM_YAML } from '../lab/lab.ts'
import { ebuilds } from '../lab/repo.ts'
import { builtOn, lastRun, ofType, startLab } from './support.ts'

t.test('an emerge that ends well and leaves no package: its last words say why', async t => {
  const { client } = await startLab(t, { builders: 2 })
  await client.write(FARM_YAML, 'hosts:\n  - ssh: farm-a\n  - ssh: farm-b\n')
  await ebuilds(client, { 'app-toy/gone-1': {} })
  // What the farm runs in a job root is emerge's own script.
  const script = `cat >/tmp/lines <<'END'
import os
if os.path.exists("/run/portage-farm/job"):
    print(">>> Verifying\\n\\033[31;01m * \\033[0mThe moon is full\\007: come back tomorrow\\n")
    raise SystemExit(0)
END
sed -i '1r /tmp/lines' /usr/lib/python-exec/python3.*/emerge`
  await client.must(['bash', '-ec', script])
  const { code, all } = await client.run(['emerge', '--oneshot', 'app-toy/gone'])
  t.equal(code, 0, all)
  const events = await lastRun(client)
  t.equal(builtOn(events, 'app-toy/gone-1'), 'home', 'it is built here, and not a failure of its own')
  const reason =
    /^emerge ended there without an error, and without a package; its last words: The moon is full: come back tomorrow$/
  const failures = ofType(events, 'attempt-failed')
  t.match(failures, [
    { fault: 'host', reason },
    { fault: 'host', reason },
  ])
  t.match(all, 'The moon is full: come back tomorrow')
  for (const { log } of failures) t.match(await client.read(log ?? 'none'), /The moon is full/, 'the log is kept')
})

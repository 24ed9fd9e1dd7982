import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { AgentError } from '../../../lib/edge/host/agent.ts'
import { HostLink } from '../../../lib/edge/host/link.ts'
import { hostConfig } from './support.ts'

t.setTimeout(60_000)

/** In the agent's place: it answers pings, and of a job it says what `says` does. */
const agent = (says: string): string => `
import json, sys, threading, time
sys.stdin.buffer.read(int(sys.argv[1]))
def say(**message):
    sys.stdout.write(json.dumps(message) + "\\n")
    sys.stdout.flush()
def job(id):
${says.replaceAll(/^/gm, '    ')}
for line in sys.stdin:
    asked = json.loads(line)
    if asked["op"] == "hello":
        say(id=asked["id"], ok={"run": "/run", "distfiles": "/run/distfiles", "others": []})
    elif asked["op"] == "job":
        threading.Thread(target=job, args=(asked["id"],), daemon=True).start()
    else:
        say(id=asked["id"], ok={})
`

/** How a job ends there, of which nothing may be heard for half a second. */
async function job(
  t: Test,
  says: string,
  longestJob = 50,
): Promise<{ end: unknown; seconds: number; events: number; link: HostLink }> {
  const runtime = mkdtempSync(join(tmpdir(), 'pf-'))
  const source = { boot: agent(says), payload: Buffer.from('payload') }
  const context = {
    ...{ run: 'r', client: 'c', hostname: 'here', machine: 'x86_64', connectTimeout: 30, runtime, source },
    ...{ stuckAfter: 0.3, patience: 0.5, longestJob, largestPackage: 2 ** 30, linger: 5 },
  }
  const link = new HostLink(hostConfig({ ssh: null, dir: runtime }), context, 'l')
  t.teardown(async () => {
    await link.detach()
    rmSync(runtime, { recursive: true })
  })
  await link.comeBack()
  const began = performance.now()
  let events = 0
  const asked = link.job('a#0', {}, {}, () => {
    events++
  })
  const end = await asked.catch((error: unknown) => error)
  return { end, seconds: (performance.now() - began) / 1000, events, link }
}

void t.test('a job of which its host says for ever that it goes on is given up as well', async t => {
  const says = 'while True:\n    say(id=id, event="alive")\n    time.sleep(0.1)'
  const { end, seconds } = await job(t, says, 3)
  t.match(end, { message: /^its job did not end within 3 s$/ })
  t.ok(seconds > 2.5 && seconds < 10, `${seconds} s`)
})

void t.test('a job of which nothing is heard is given up, though its host answers', async t => {
  const { end, seconds, link } = await job(t, 'time.sleep(60)')
  t.type(end, AgentError)
  t.match(end, { message: /^nothing was heard of its job for 0.8 s, though it answers$/ })
  t.ok(seconds < 5, `${seconds} s`)
  t.strictSame(await link.ask('ping'), {}, 'and nothing else')
})

void t.test('one that lives is waited for', async t => {
  const says = 'for _ in range(6):\n    say(id=id, event="alive")\n    time.sleep(0.4)\nsay(id=id, ok="done")'
  const { end, events } = await job(t, says)
  t.equal(end, 'done')
  t.equal(events, 0, 'and nobody is bothered with that')
})

void t.test('one that says more than any is given up as well', async t => {
  const says =
    'line = json.dumps({"id": id, "event": "x"}) + "\\n"\nfor _ in range(300):\n    sys.stdout.write(line * 1000)'
  const { end, events } = await job(t, says)
  t.match(end, { message: 'its job says more than any has to say' })
  t.ok(events <= 200_001, String(events))
})

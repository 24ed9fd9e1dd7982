/** A way of each kind, and some seeds, in seconds; all.test.ts has all of them. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { PROJECT } from '../lab/place.ts'
import { inTurn, judgeSeed, judgeWay } from './judge.ts'
import { WAYS } from './ways.ts'

t.setTimeout(100_000)

const QUICK = 'facts-many-flags hello-elsewhere packages-not-asked path-up file-is-link log-foreign'
/** Quick ones, each with another end. */
const SEEDS = [16, 17, 20, 30, 33]

void t.test('what comes of every way is known', t => {
  const program = readFileSync(join(PROJECT, 'test/hostile/agent.py'), 'utf8')
  const list = `WAY, HOST, OUTSIDE, LEFT = "list", "", "", []\n${program}`
  const said = execFileSync('python3', ['-I', '-c', list], { encoding: 'utf8' })
  t.strictSame(JSON.parse(said), Object.keys(WAYS).sort())
  t.end()
})

void t.test('a way of each kind', async t => {
  await inTurn(QUICK.split(' '), 2, async name => {
    const { tried, wrong } = await judgeWay(name)
    t.equal(wrong, undefined, `${name}: ${tried}`)
  })
})

void t.test('a host whose every answer is altered', async t => {
  await inTurn(SEEDS, 2, async seed => {
    const { name, tried, wrong } = await judgeSeed(seed)
    t.equal(wrong, undefined, `${name}: ${tried}`)
  })
})

void t.test('one seed alters the same the same way', t => {
  const script = `import sys; sys.path.insert(0, sys.argv[1])
import alter
made = [alter.Altering("7").lines("job", 0, each, {"id": 3, "ok": {"code": 0, "files": []}}) for each in range(20)]
print(made)`
  const made = (): string =>
    execFileSync('python3', ['-B', '-c', script, join(PROJECT, 'test/hostile')], { encoding: 'utf8' })
  t.equal(made(), made())
  t.match(made(), /^\[\[/)
  t.end()
})

import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { emergeLogBuilds, History } from '../../lib/edge/history.ts'
import { build } from '../core/history/support.ts'

t.test('what was added is remembered', async t => {
  const state = join(t.testdir(), 'below')
  const history = new History(state)
  t.strictSame(await history.read(), [])
  await history.add(build({ at: 1 }))
  await new History(state).add(build({ at: 2 }))
  t.strictSame(await new History(state).read(), [build({ at: 1 }), build({ at: 2 })])
})

t.test('a file that was cut at any byte loses no more than its last line, and can be added to', async t => {
  const state = t.testdir()
  const path = join(state, 'history.jsonl')
  const history = new History(state)
  for (const at of [1, 2, 3]) await history.add(build({ at }))
  const whole = await readFile(path)
  const firstTwo = whole.subarray(0, -1).lastIndexOf('\n'.charCodeAt(0)) + 1
  const wrong: string[] = []
  for (let length = 0; length <= whole.length; length++) {
    await writeFile(path, whole.subarray(0, length))
    const kept = (await history.read()).length
    if (length >= firstTwo && kept < 2) wrong.push(`cut at ${length}: ${kept} are left`)
    await history.add(build({ at: 4 }))
    const read = await history.read()
    if (read.length !== kept + 1 || read.at(-1)?.at !== 4) wrong.push(`cut at ${length}: ${JSON.stringify(read)}`)
  }
  t.strictSame(wrong, [])
})

t.test('what is no build is left out', async t => {
  const state = t.testdir()
  const path = join(state, 'history.jsonl')
  await writeFile(path, `null\n{}\n[1]\n{"cpv":1}\n${JSON.stringify({ ...build({}), seconds: 0 })}\n`)
  await appendFile(path, `${JSON.stringify(build({ at: 7 }))}\n`)
  t.strictSame(await new History(state).read(), [build({ at: 7 })])
})

t.test('a file that has grown large keeps its newest half', async t => {
  const state = t.testdir()
  const path = join(state, 'history.jsonl')
  const line = JSON.stringify(build({ at: 1 })) + '\n'
  await writeFile(path, line.repeat(Math.ceil((16 << 20) / line.length) + 1))
  const before = (await new History(state).read()).length
  await new History(state).add(build({ at: 2 }))
  const after = await new History(state).read()
  t.ok(after.length < before * 0.51 && after.length > before * 0.49)
  t.equal(after.at(-1)?.at, 2)
})

t.test('emerge.log counts too, and may be absent', async t => {
  const path = join(t.testdir(), 'emerge.log')
  t.strictSame(await emergeLogBuilds(path, 4), [])
  const text = '1700000000:  >>> emerge (1 of 1) a/b-1 to /\n1700000010:  ::: completed emerge (1 of 1) a/b-1 to /\n'
  await writeFile(path, text)
  t.strictSame(await emergeLogBuilds(path, 4), [build({ cpv: 'a/b-1', seconds: 10, cores: 4, at: 1700000010000 })])
})

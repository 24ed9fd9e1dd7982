/** What a client is called on hosts and in stores. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { clientId } from '../../lib/edge/client.ts'

const MACHINE = '0123456789abcdef0123456789abcdef'
const OTHER = 'f'.repeat(32)

/** A system with a machine-id, or without. */
function system(t: Test, name: string, machine: string | null) {
  const directory = join(t.testdirName, name)
  const state = join(directory, 'state')
  const file = join(directory, 'machine-id')
  mkdirSync(directory, { recursive: true })
  const become = (id: string): void => {
    writeFileSync(file, `${id}\n`)
  }
  if (machine !== null) become(machine)
  return { state, become, id: async () => clientId(state, [join(directory, 'nowhere'), file]) }
}

void t.test('two systems of one image have names of their own, and keep them', async t => {
  t.testdir({})
  const [one, twin] = [system(t, 'one', MACHINE), system(t, 'twin', MACHINE)]
  const ids = [await one.id(), await twin.id()]
  for (const id of ids) t.match(id, new RegExp(`^${MACHINE}-[0-9a-f]{8}$`))
  t.not(ids[0], ids[1])
  t.strictSame([await one.id(), await twin.id()], ids)
})

void t.test('an image that is made a machine of its own gets another name', async t => {
  t.testdir({})
  const image = system(t, 'image', MACHINE)
  await image.id()
  image.become(OTHER)
  const id = await image.id()
  t.match(id, new RegExp(`^${OTHER}-[0-9a-f]{8}$`))
  t.equal(await image.id(), id)
})

void t.test('one that has farmed under its machine-id keeps that: its copies on hosts have that name', async t => {
  t.testdir({})
  const old = system(t, 'old', MACHINE)
  mkdirSync(join(old.state, 'runs/20260101-000000-a'), { recursive: true })
  writeFileSync(join(old.state, 'runs/20260101-000000-a/events.jsonl'), '')
  t.equal(await old.id(), MACHINE)
  t.equal(await old.id(), MACHINE)
  t.equal(readFileSync(join(old.state, 'client-id'), 'utf8'), `${MACHINE}\n`)
})

void t.test('the run that begins is none that has farmed', async t => {
  t.testdir({})
  const fresh = system(t, 'fresh', MACHINE)
  mkdirSync(join(fresh.state, 'runs/20260101-000000-a'), { recursive: true })
  writeFileSync(join(fresh.state, 'runs/20260101-000000-a/owner'), '1 1')
  t.match(await fresh.id(), /-/)
})

void t.test('without a machine-id, and with a name that makes no sense', async t => {
  t.testdir({})
  const bare = system(t, 'bare', null)
  const id = await bare.id()
  t.match(id, /^[0-9a-f]{32}$/)
  t.equal(await bare.id(), id)
  for (const name of ['../../etc', '', MACHINE.toUpperCase()]) {
    const odd = system(t, 'odd', MACHINE)
    mkdirSync(odd.state, { recursive: true })
    writeFileSync(join(odd.state, 'client-id'), name)
    t.match(await odd.id(), new RegExp(`^${MACHINE}-[0-9a-f]{8}$`))
  }
})

void t.test('of many that ask first at once all are told the same', async t => {
  t.testdir({})
  const one = system(t, 'busy', MACHINE)
  const ids = await Promise.all(Array.from({ length: 20 }, async () => one.id()))
  t.equal(new Set(ids).size, 1)
})

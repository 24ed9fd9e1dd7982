import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import t from 'tap'
import type { FarmMessage } from '../../lib/core/message.ts'
import { PROTOCOL } from '../../lib/core/request.ts'
import { projectFile } from '../../lib/edge/project.ts'
import { mutated, mutatedText, some } from './mutate.ts'

t.setTimeout(60_000)

const sound: FarmMessage[] = [
  { type: 'ready', protocol: PROTOCOL, version: '0.1.0', patterns: ['app-toy/*'] },
  { type: 'refused', text: 'farm.yaml: no hosts' },
  { type: 'go' },
  { type: 'commit', id: 'a', path: '/store/a.gpkg.tar', host: 'big', seconds: 1.5, log: null, elog: '' },
  { type: 'commit', id: 'b', path: '/b.xpak', host: 'big', seconds: 1, log: '/var/log/b', elog: 'INFO: x\n' },
  { type: 'home', id: 'a', reason: 'no host can', share: true },
  { type: 'withdraw', id: 'a' },
  { type: 'say', level: 'warn', text: 'that is all' },
  { type: 'progress', text: 'Farm: 1 of 2 built' },
  { type: 'bye' },
]

interface Heard {
  heard: FarmMessage[]
  lost: string
}

/** What emerge hears of each of these, on a bridge of its own. */
async function hear(said: readonly Buffer[]): Promise<{ all: Heard[]; complaints: string }> {
  const emerge = spawn('python3', ['-B', projectFile('test/fuzz/hear.py'), projectFile('hooks')])
  emerge.stdin.on('error', () => undefined)
  for (const bytes of said) emerge.stdin.write(`${JSON.stringify(bytes.toString('latin1'))}\n`)
  emerge.stdin.end()
  const [out, complaints] = await Promise.all([text(emerge.stdout), text(emerge.stderr)])
  const lines = out.split('\n').slice(0, -1)
  return { all: lines.map(line => JSON.parse(line) as Heard), complaints }
}

t.test('all that the library says', async t => {
  const { all, complaints } = await hear([Buffer.from(sound.map(each => `${JSON.stringify(each)}\n`).join(''))])
  t.equal(complaints, '')
  t.strictSame(all, [{ heard: sound, lost: 'the library ended' }])
})

t.test('whatever the library says: the bridge is lost with a reason, and nothing else happens', async t => {
  const log = sound.map(each => `${JSON.stringify(each)}\n`).join('')
  const messages = some(mutated(sound), 1200).map(each => Buffer.from(`${JSON.stringify(each)}\n`))
  const bytes = some(
    mutatedText([log], ['\n', '\0', '"', '{', 'null\n', '1e999', 'Error: x\n', '"type":7,', '[[[[']),
    500,
  )
  const odd = [
    Buffer.from('['.repeat(100_000) + '\n'),
    Buffer.from('9'.repeat(5000) + '\n'),
    Buffer.alloc(4 << 20, 'x'),
  ]
  const { all, complaints } = await hear([...messages, ...bytes, ...odd])
  t.equal(complaints, '')
  t.equal(all.length, messages.length + bytes.length + odd.length)
  const refused = all.filter(({ lost }) => lost !== 'the library ended')
  t.ok(refused.length > 600 && refused.length < all.length - 300, `${refused.length} were refused`)
  t.strictSame(
    refused.filter(({ lost }) => !/^the library said .{1,600}, which is no message/.test(lost)),
    [],
  )
})

t.test('a message of another shape is not heard', async t => {
  const cases: [message: object, words: RegExp][] = [
    [{ type: 'party' }, /no message that is known/],
    [{ type: 'ready', protocol: PROTOCOL, patterns: [7] }, /its patterns is wrong/],
    [{ type: 'refused' }, /its text is wrong/],
    [{ type: 'commit', id: 'a', path: null }, /its path is wrong/],
    [{ type: 'commit', path: '/a' }, /its id is wrong/],
    [{ type: 'commit', id: ['a'], path: '/a' }, /its id is wrong/],
    [{ type: 'commit', id: 'a', path: '/a', log: 7 }, /its log is wrong/],
    [{ type: 'commit', id: 'a', path: '/a', elog: ['x'] }, /its elog is wrong/],
    [{ type: 'fail', id: 'a', reason: 'x' }, /no message that is known/],
    [{ type: 'home', id: 'a', share: 'yes' }, /its share is wrong/],
    [{ type: 'say', level: 'loud', text: 'x' }, /its level is wrong/],
    [{ type: 'say', level: {}, text: 'x' }, /its level is wrong/],
    [{ type: 'progress', text: 5 }, /its text is wrong/],
  ]
  const { all } = await hear(cases.map(([message]) => Buffer.from(`${JSON.stringify(message)}\n`)))
  for (const [index, [message, words]] of cases.entries()) {
    t.match(all[index], { heard: { length: 0 }, lost: words }, JSON.stringify(message))
  }
})

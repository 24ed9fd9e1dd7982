/** Copying a root by rules that are not yet known to be right. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Transferred } from '../../lib/edge/host/rsync.ts'
import { Apart } from '../../lib/farm/apart.ts'
import { type Copy, Copying } from '../../lib/farm/copying.ts'
import type { Extent } from '../../lib/farm/extent.ts'
import type { WrittenRules } from '../../lib/farm/mirror-places.ts'

const DONE: Transferred = { bytes: 1, size: 1, files: 1, seconds: 1, vanished: false, denied: [], chmodded: [] }
const rules = (text: string): WrittenRules =>
  ({
    texts: { root: text },
    files: { root: `/${text}` },
    watched: { entries: [], directories: [], trees: [] },
  }) as unknown as WrittenRules

/** Copies by `first`, while it is found out which are right: each copy goes on until `end` is called, or it is ended. */
function copies(state: string, first: WrittenRules) {
  mkdirSync(state, { recursive: true })
  // How much it is has tests of its own: copy-bounds.test.ts.
  const size = { bytes: 1, files: 1 }
  const extent = { expected: async () => Promise.resolve(size), mostFor: () => Infinity, keep: async () => undefined }
  const began: string[] = []
  const ended: string[] = []
  let end: () => void = () => undefined
  const copy = {
    copyPaths: async () => Promise.resolve(DONE),
    copy: async (file: string, _: unknown, signal: AbortSignal) => {
      began.push(file)
      return new Promise<Transferred>((resolve, reject) => {
        end = () => {
          resolve(DONE)
        }
        signal.addEventListener('abort', () => {
          ended.push(file)
          reject(new Error('the transfer was ended'))
        })
      })
    },
  } as unknown as Copy
  let found: (right: WrittenRules) => void = () => undefined
  const checked = new Promise<WrittenRules>(resolve => {
    found = resolve
  })
  const abort = new AbortController()
  const shared = { rules: first, checked, extent: extent as unknown as Extent, apart: new Apart(join(state, 'apart')) }
  // As a run does.
  void checked.then(right => (shared.rules = right))
  const finished: string[] = []
  const copying = new Copying('host', copy, shared, ({ type }) => finished.push(type), abort.signal)
  return {
    ...{ began, ended, finished, abort, root: copying.root() },
    end: () => {
      end()
    },
    settle: async (right: WrittenRules) => copying.settle({ rules: right, packages: [] }),
    /** All that was to follow has followed. */
    turn: async () => {
      for (let count = 0; count < 20; count++) await new Promise(setImmediate)
    },
    found: async (right: WrittenRules) => {
      found(right)
      await new Promise(setImmediate)
    },
  }
}

t.test('the rules turn out to be right', async t => {
  const made = copies(t.testdir({}), rules('first'))
  // It has begun.
  await made.turn()
  await made.found(rules('first'))
  made.end()
  await made.root
  t.strictSame([made.began, made.ended, made.finished], [['/first'], [], ['mirror-finished']])
})

t.test('the rules turn out to be wrong: the copy is ended, and made by the right ones', async t => {
  const made = copies(t.testdir({}), rules('first'))
  // It has begun.
  await made.turn()
  await made.found(rules('right'))
  t.strictSame([made.began, made.ended], [['/first', '/right'], ['/first']])
  made.end()
  await made.root
  t.strictSame(made.finished, ['mirror-finished'])
})

t.test('a copy that is not wanted any more is not begun again', async t => {
  const made = copies(t.testdir({}), rules('first'))
  // It has begun.
  await made.turn()
  made.abort.abort()
  await t.rejects(made.root, { message: 'the transfer was ended' })
  await made.found(rules('right'))
  t.strictSame(made.began, ['/first'])
})

t.test('a copy that came to its end by the wrong rules is made again when there is a plan', async t => {
  const made = copies(t.testdir({}), rules('first'))
  // It has begun.
  await made.turn()
  made.end()
  await made.root
  await made.found(rules('right'))
  t.strictSame([made.began, made.finished], [['/first'], ['mirror-finished']])
  const settled = made.settle(rules('right'))
  settled.catch(() => undefined)
  await made.turn()
  t.strictSame(made.began, ['/first', '/right'])
  made.abort.abort()
  await t.rejects(settled)
})

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { quote, quoteAll } from '../../lib/core/quote.ts'

const shells = ['/bin/sh', '/bin/bash', '/bin/dash', '/usr/bin/zsh', '/usr/bin/mksh'].filter(path => existsSync(path))

/** Says its arguments, each followed by a NUL, as the shell that runs the line has understood them. */
function wordsSeenBy(shell: string, words: readonly string[]): string[] {
  const line = `printf '%s\\0' ${quoteAll(words)}`
  return execFileSync(shell, ['-c', line], { encoding: 'utf8' }).split('\0').slice(0, -1)
}

/** Pieces that mean something to some shell. */
const nasty = fc.constantFrom(
  ...["'", '"', '`', '\\', '\n', '\r', '\t', ' ', '$', '$(id)', '${HOME}', '$((1))', '`id`', '!', '!!', '#', '&', '|'],
  ...[';', '<', '>', '(', ')', '{', '}', '{a,b}', '[', ']', '*', '?', '~', '~root', '=', '^', '%', '-', '--', '-rf'],
  ...['\u0001', '\u001b', '\u007f', '\u0085', '\u00a0', '\u2028', '\ufeff', 'é', '😀', "'\\''", "$'\\n'"],
)
const word = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.array(nasty, { maxLength: 6 }).map(pieces => pieces.join('')),
    fc.tuple(fc.constantFrom('-', '--', '~', '=', '#', '!'), fc.string()).map(pieces => pieces.join('')),
  )
  .map(text => text.replaceAll('\0', ''))

void t.test('plain words stay as they are', t => {
  t.equal(quote('/var/lib/portage-farm'), '/var/lib/portage-farm')
  t.equal(quote('=dev-libs/a+b_c-1.2.3_rc4-r5::gentoo'), "'=dev-libs/a+b_c-1.2.3_rc4-r5::gentoo'")
  t.equal(quoteAll(['exec', 'python3', '-c']), 'exec python3 -c')
  t.end()
})

void t.test('all else is between single quotes', t => {
  t.equal(quote(''), "''")
  t.equal(quote('a b'), "'a b'")
  t.equal(quote("it's"), `'it'\\''s'`)
  t.equal(quote('~root'), "'~root'")
  t.equal(quote('$(id)'), "'$(id)'")
  t.equal(quote('a\nb'), "'a\nb'")
  t.end()
})

void t.test('a NUL cannot be passed', t => {
  t.throws(() => quote('a\0b'), /NUL/)
  t.end()
})

for (const shell of shells) {
  void t.test(`${shell} reads every word as it was`, t => {
    // Many words to a shell: starting it is what takes the time.
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 200, size: 'max' }), words => {
        const seen = wordsSeenBy(shell, words)
        const wrong = words.findIndex((each, index) => each !== seen[index])
        if (wrong !== -1 || seen.length !== words.length) {
          throw new Error(`${JSON.stringify(words[wrong])} was read as ${JSON.stringify(seen[wrong])}`)
        }
      }),
      { numRuns: 100, interruptAfterTimeLimit: 700, markInterruptAsFailure: false },
    )
    t.end()
  })

  void t.test(`${shell} reads every single character as it was, also in front of a word`, t => {
    const all = Array.from({ length: 0x7f }, (_, code) => String.fromCharCode(code + 1))
    const words = all.flatMap(each => [each, `${each}a`, `a${each}`, `a=${each}b`])
    t.strictSame(wordsSeenBy(shell, words), words)
    t.end()
  })
}

import t from 'tap'
import { distance, suggest } from '../../../lib/edge/config/suggest.ts'

void t.test('the distance of two words', t => {
  t.equal(distance('', ''), 0)
  t.equal(distance('jobs', 'jobs'), 0)
  t.equal(distance('jobs', ''), 4)
  t.equal(distance('', 'jobs'), 4)
  t.equal(distance('kitten', 'sitting'), 3)
  t.end()
})

void t.test('the nearest of the known keys', t => {
  const keys = ['ssh', 'name', 'jobs', 'dir', 'known-hosts', 'hosts']
  const cases: [string, string | null][] = [
    ['job', 'jobs'],
    ['jobz', 'jobs'],
    ['knownHosts', 'known-hosts'],
    ['KNOWN_HOSTS', 'known-hosts'],
    ['\u00a0hosts', 'hosts'],
    ['directory', null],
    ['xyz', null],
    ['', null],
    ['__proto__', null],
    ['j'.repeat(1_000_000), null],
  ]
  for (const [word, expected] of cases) t.equal(suggest(word, keys), expected, word.slice(0, 20))
  t.end()
})

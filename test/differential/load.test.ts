import t from 'tap'
import { loadScenarios, matches } from './load.ts'

t.test('every scenario has a name of words, says what it proves, and does something', async t => {
  const scenarios = await loadScenarios()
  t.ok(scenarios.length > 0)
  for (const { name, proves, steps } of scenarios) {
    t.match(name, /^[a-z0-9]+(-[a-z0-9]+)*$/)
    t.ok(proves.length > 20 && !proves.includes('\n'), name)
    t.ok(steps.length > 0, name)
  }
})

t.test('patterns of names', async t => {
  t.ok(matches('package-use', 'package'))
  t.ok(matches('package-use', 'slots,package-use'))
  t.ok(matches('package-use', 'pack*use'))
  t.ok(matches('package-use', '*'))
  t.notOk(matches('package-use', 'package.use'))
})

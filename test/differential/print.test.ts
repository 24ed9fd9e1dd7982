import t from 'tap'
import type { Result } from './harness.ts'
import { humanLines, jsonLine } from './print.ts'

const result = (differences: Result['differences']): Result => ({
  ...{ name: 'package-use', portage: '3.0.83', seconds: 4.24, output: { plain: '', farm: '' } },
  ...{ equal: differences.length === 0, differences },
})

const difference = { where: '/etc/x', field: 'mode', plain: '-0644', farm: null }

t.test('a line of JSON', async t => {
  t.strictSame(JSON.parse(jsonLine(result([difference]))), {
    ...{ name: 'package-use', portage: '3.0.83', equal: false, differences: [difference], seconds: 4.24 },
  })
})

t.test('lines for people', async t => {
  t.strictSame(humanLines(result([])), ['equal   package-use (Portage 3.0.83, 4.2 s)'])
  t.strictSame(humanLines(result([difference])), [
    'DIFFERS package-use (Portage 3.0.83, 4.2 s): 1 difference',
    '  /etc/x: mode',
    '    plain: -0644',
    '    farm:  -',
  ])
  t.match(humanLines(result([{ ...difference, plain: 'x'.repeat(1000) }]))[2], /^ {4}plain: x{400}…$/)
})

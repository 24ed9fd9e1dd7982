import t from 'tap'
import type { RequestPackage } from '../../../lib/core/request.ts'
import { compareConfigured, compareRecorded } from '../../../lib/core/verify/variables.ts'
import { ebuild } from '../support.ts'

const VARIABLES = { CHOST: 'x86_64-pc-linux-gnu', CFLAGS: '-O2 -march=x86-64-v2', LDFLAGS: '-Wl,-O1' }
const ALL = ['CHOST', 'CBUILD', 'CTARGET', 'CFLAGS', 'CXXFLAGS', 'LDFLAGS']

/** `unchanged`: what nothing names that the package is built from. */
const planned = (unchanged: string[], keepsMachine = true, variables: Record<string, string> = VARIABLES) =>
  ebuild('app', {
    variables,
    expected: { ebuild: '', recorded: {}, libc: [], bindings: {}, unchanged, keepsMachine },
  })

const recorded = (plan: RequestPackage, found: Record<string, string>): string[] =>
  compareRecorded(plan, { ...VARIABLES, ...found }).map(({ what }) => what)

void t.test('what was configured where it was built', t => {
  t.strictSame(compareConfigured(VARIABLES, VARIABLES), [])
  t.strictSame(compareConfigured(VARIABLES, { ...VARIABLES, CFLAGS: '-O3' }), [
    { what: 'configured CFLAGS', planned: '-O2 -march=x86-64-v2', found: '-O3' },
  ])
  const without = { CHOST: VARIABLES.CHOST, CFLAGS: VARIABLES.CFLAGS }
  t.strictSame(compareConfigured(VARIABLES, without), [{ what: 'configured LDFLAGS', planned: '-Wl,-O1', found: '' }])
  t.strictSame(compareConfigured(without, VARIABLES), [{ what: 'configured LDFLAGS', planned: '', found: '-Wl,-O1' }])
  t.end()
})

void t.test('a variable that nothing names is recorded as it was configured', t => {
  t.strictSame(recorded(planned(ALL), {}), [])
  t.strictSame(recorded(planned(ALL), { CFLAGS: '-O3 -march=x86-64-v2' }), ['CFLAGS'])
  t.strictSame(recorded(planned(ALL), { CXXFLAGS: '-O3' }), ['CXXFLAGS'], 'also one that was not configured')
  t.strictSame(recorded(planned(ALL), { CBUILD: 'i686-pc-linux-gnu' }), ['CBUILD'])
  t.end()
})

void t.test('one that an ebuild may change is the ebuild’s', t => {
  t.strictSame(recorded(planned(['CHOST']), { CFLAGS: '-O1 -fno-lto', LDFLAGS: '', CBUILD: VARIABLES.CHOST }), [])
  t.strictSame(recorded(planned(['CHOST']), { CHOST: 'i686-pc-linux-gnu' }), ['CHOST'], 'but CHOST is Portage’s')
  t.strictSame(
    recorded(ebuild('app', { variables: VARIABLES }), { CFLAGS: '-march=znver3' }),
    [],
    'nor is anything demanded if nobody looked',
  )
  t.end()
})

void t.test('the processor is not the ebuild’s, unless it names it', t => {
  t.strictSame(recorded(planned(['CHOST']), { CFLAGS: '-O1 -march=znver3' }), ['CFLAGS'])
  t.strictSame(recorded(planned(['CHOST']), { CXXFLAGS: '-mtune=znver3' }), ['CXXFLAGS'], 'nor to be added')
  t.strictSame(recorded(planned(['CHOST']), { CFLAGS: '-O1' }), [], 'it may be taken away')
  t.strictSame(recorded(planned(['CHOST'], false), { CFLAGS: '-O1 -march=i686' }), [])
  t.end()
})

void t.test('-march=native may have been spelled out', t => {
  const native = { CFLAGS: '-O2 -march=native -pipe' }
  const found = { CFLAGS: '-O2 -march=znver3 -mno-avx512f --param l1-cache-size=32 --param=l2-cache-size=512 -pipe' }
  t.strictSame(compareConfigured(native, found), [])
  t.strictSame(compareConfigured(native, native), [])
  t.strictSame(compareConfigured(native, { CFLAGS: '-O3 -march=znver3 -pipe' }).length, 1)
  t.strictSame(compareRecorded(planned(ALL, true, native), found), [])
  t.strictSame(compareRecorded(planned(['CHOST'], true, native), found), [])
  t.end()
})

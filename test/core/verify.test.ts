import t from 'tap'
import { describeMismatches, verify, type BinaryMetadata } from '../../lib/core/verify.ts'
import { ebuild } from './support.ts'

const planned = ebuild('app', {
  cpv: 'app-toy/app-1.2-r3',
  slot: '2',
  subSlot: '2.1',
  repo: 'gentoo',
  eapi: '8',
  use: ['ssl', 'zlib'],
  dependencies: { DEPEND: 'dev-libs/a', RDEPEND: 'dev-libs/a >=dev-libs/b-2' },
  variables: { CHOST: 'x86_64-pc-linux-gnu', CFLAGS: '-O2 -pipe' },
})

const built: BinaryMetadata = {
  cpv: 'app-toy/app-1.2-r3',
  slot: '2',
  subSlot: '2.1',
  repo: 'gentoo',
  eapi: '8',
  use: ['ssl', 'zlib'],
  dependencies: { DEPEND: 'dev-libs/a', RDEPEND: 'dev-libs/a >=dev-libs/b-2' },
  variables: { CHOST: 'x86_64-pc-linux-gnu', CFLAGS: '-O2 -pipe', LDFLAGS: '-Wl,-O1' },
  unbound: [],
}

void t.test('what is as it was planned may be committed', t => {
  t.strictSame(verify(planned, built), [])
  t.strictSame(
    verify(ebuild('x'), { ...built, ...ebuild('x'), unbound: [] }),
    [],
    'also where there is next to nothing',
  )
  t.end()
})

void t.test('each difference by its name', t => {
  const cases: [Partial<BinaryMetadata>, what: string, planned: string, found: string][] = [
    [{ cpv: 'app-toy/app-1.2-r4' }, 'package', 'app-toy/app-1.2-r3', 'app-toy/app-1.2-r4'],
    [{ slot: '3' }, 'slot', '2', '3'],
    [{ subSlot: '2.2' }, 'sub-slot', '2.1', '2.2'],
    [{ repo: 'local' }, 'repository', 'gentoo', 'local'],
    [{ eapi: '7' }, 'EAPI', '8', '7'],
    [{ use: ['ssl'] }, 'USE', 'ssl zlib', 'ssl'],
    [{ use: [] }, 'USE', 'ssl zlib', ''],
    [
      { variables: { ...built.variables, CHOST: 'i686-pc-linux-gnu' } },
      'CHOST',
      'x86_64-pc-linux-gnu',
      'i686-pc-linux-gnu',
    ],
    [{ variables: { ...built.variables, CBUILD: 'i686-pc-linux-gnu' } }, 'CBUILD', '', 'i686-pc-linux-gnu'],
    [{ variables: { CFLAGS: '-O2 -pipe' } }, 'CHOST', 'x86_64-pc-linux-gnu', ''],
    [{ dependencies: { ...built.dependencies, DEPEND: '' } }, 'DEPEND', 'dev-libs/a', ''],
    [{ dependencies: { DEPEND: 'dev-libs/a' } }, 'RDEPEND', 'dev-libs/a >=dev-libs/b-2', ''],
    [{ dependencies: { ...built.dependencies, BDEPEND: 'dev-util/c' } }, 'BDEPEND', '', 'dev-util/c'],
    [{ dependencies: { ...built.dependencies, PDEPEND: 'dev-util/c' } }, 'PDEPEND', '', 'dev-util/c'],
    [{ dependencies: { ...built.dependencies, IDEPEND: 'dev-util/c' } }, 'IDEPEND', '', 'dev-util/c'],
    [{ unbound: ['dev-libs/a:0='] }, 'slot operator', 'bound', 'dev-libs/a:0='],
  ]
  for (const [difference, what, wanted, found] of cases) {
    t.strictSame(verify(planned, { ...built, ...difference }), [{ what, planned: wanted, found }], what)
  }
  t.end()
})

void t.test('flags are an ebuild’s to change', t => {
  t.strictSame(verify(planned, { ...built, variables: { ...built.variables, CFLAGS: '-O1', LDFLAGS: '' } }), [])
  t.end()
})

void t.test('all differences, in one line', t => {
  const mismatches = verify(planned, { ...built, slot: '3', unbound: ['a:=', 'b:='] })
  t.equal(
    describeMismatches(mismatches),
    'slot: planned "2", built "3"; slot operator: planned "bound", built "a:="; ' +
      'slot operator: planned "bound", built "b:="',
  )
  t.equal(describeMismatches([]), '')
  t.end()
})
